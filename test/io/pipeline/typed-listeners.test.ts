import { EventEmitter, once } from 'node:events'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { FfmpegTransform } from '../../../lib/ffmpeg/ffmpeg-transform.js'
import { FileWritable } from '../../../lib/io/file/file-writable.js'
import type { TypedListener, WritableEvents } from '../../../lib/io/pipeline/typed-listeners.js'
import { Fmp4Validator } from '../../../lib/mp4/fmp4-validator.js'
import type { S3MultipartWritable } from '../../../lib/s3/s3-multipart-writable.js'
import type { S3RangeReadable } from '../../../lib/s3/s3-range-readable.js'

/** Checked by the compiler: `npm run types` fails if a line does not do what it says. */
export function typed(sink: S3MultipartWritable, source: S3RangeReadable): void {
  sink.on('error', error => error.message)
  sink.once('part', ({ partNumber }) => partNumber.toFixed())
  sink.on('pipe', (from: Readable) => from.pause())
  sink.off('close', () => undefined)
  sink.on(EventEmitter.errorMonitor, error => error.message)
  source.on('data', chunk => chunk.subarray(1)).on('progress', ({ bytes }) => bytes.toFixed())
  void new Promise(resolve => source.once('close', resolve))
  void new Promise<void>(resolve => source.once('end', resolve))
  // @ts-expect-error: no such event
  sink.on('parts', () => undefined)
  // @ts-expect-error: an event of readable streams
  sink.on('data', () => undefined)
  // @ts-expect-error: an event of writable streams
  source.once('finish', () => undefined)
  // @ts-expect-error: a part has no such field
  sink.on('part', ({ name }) => String(name))
  // @ts-expect-error: the error is not a string
  source.on('error', (message: string) => message.trim())
}

t.test('listens to the events of Node and to its own', async t => {
  const validator = new Fmp4Validator()
  const heard: string[] = []
  const onWarning: TypedListener<{ warning: [code: string] }, 'warning'> = code => heard.push(code)
  const onClose: TypedListener<WritableEvents, 'close'> = () => heard.push('close')
  validator.on('warning', ({ code }) => onWarning(code)).on('error', ({ name }) => heard.push(name))
  validator.once('close', onClose)
  validator.off('close', onClose)
  validator.end('no boxes')
  await once(validator, 'close').catch(() => undefined)
  t.same(heard, ['Mp4Error'])
})

t.test('has the type of a Node stream', async t => {
  const transform = new FfmpegTransform({ output: { format: 'wav' } })
  const file: Writable = new FileWritable({ path: 'never-written.wav' })
  const validator: NodeJS.ReadWriteStream = new Fmp4Validator()
  t.equal(validator.writable, true)
  const broken = new PassThrough()
  const flow = pipeline(broken, transform, file)
  broken.destroy(new Error('broken'))
  await t.rejects(flow, { message: 'broken' })
})

import { once } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t from 'tap'
import { ProcessOutput } from '../../lib/ffmpeg/process-output.js'
import { PipedOutput } from '../../lib/ffmpeg/output/piped-output.js'
import { linkOf } from '../../lib/io/pipeline/link.js'

function make(layout: 'stream' | 'file' = 'stream') {
  const closings: (Error | undefined)[] = []
  let wanted = 0
  const outputOf = (stage: Readable, name: string) =>
    new PipedOutput(stage, name, { format: 'mp4', args: [], layout }, { onRead: () => undefined })
  const stream = new ProcessOutput(
    'outputs[1] of FfmpegProcess',
    16,
    outputOf,
    () => wanted++,
    error => {
      closings.push(error)
      return Promise.resolve()
    },
  )
  return { stream, closings, wanted: () => wanted }
}

t.test('counts as wanted from the first read on, by any kind of reader', async t => {
  const readers: Record<string, (stream: Readable) => unknown> = {
    read: stream => stream.read() as unknown,
    pipe: stream => stream.pipe(new PassThrough()),
    data: stream => stream.on('data', () => undefined),
    resume: stream => stream.resume(),
    iterator: stream => void stream[Symbol.asyncIterator]().next(),
    readable: stream => stream.on('readable', () => void (stream.read() as unknown)),
  }
  for (const [name, read] of Object.entries(readers)) {
    const { stream, wanted } = make()
    stream.output.push(Buffer.from('some'))
    await new Promise(setImmediate)
    t.equal(wanted(), 0, `not before ${name}`)
    read(stream)
    stream.output.push(Buffer.from('more'))
    await new Promise(setImmediate)
    t.equal(wanted(), 1, name)
    t.equal(stream.output.isWanted, true)
  }
})

t.test('closes without an error when read to its end', async t => {
  const { stream, closings } = make()
  stream.output.push(Buffer.from('all'))
  stream.output.end()
  t.equal((await buffer(stream)).toString(), 'all')
  if (!stream.closed) await once(stream, 'close')
  t.same(closings, [undefined])
})

t.test('closes with an error when destroyed before its end', async t => {
  const boom = new Error('boom')
  const failed = make()
  failed.stream.on('error', () => undefined).destroy(boom)
  const left = make()
  left.stream.destroy()
  await new Promise(resolve => left.stream.once('close', resolve))
  t.same(failed.closings, [boom])
  t.match(left.closings, [
    { code: 'AVIO_ERR_OUTPUT_CLOSED', message: /^outputs\[1\] of FfmpegProcess was closed/ },
  ])
})

t.test('offers a header by its link', async t => {
  t.ok(linkOf(make('file').stream)!.header)
  t.equal(linkOf(make().stream)!.header, undefined)
})

import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import type { FfmpegSeek } from '../../../lib/ffmpeg/route/seek-reason.js'
import type { FfmpegTransformOptions } from '../../../lib/ffmpeg/ffmpeg-options.js'
import { FfmpegTransform } from '../../../lib/ffmpeg/ffmpeg-transform.js'
import type { FfmpegInput } from '../../../lib/ffmpeg/streams/input-info.js'
import type { FfmpegLogEntry } from '../../../lib/ffmpeg/log/log.js'
import type { RandomAccess } from '../../../lib/io/random-access.js'
import { LINK, type Link } from '../../../lib/io/pipeline/link.js'
import { Fmp4Validator } from '../../../lib/mp4/fmp4-validator.js'
import { MiB } from '../../../lib/options.js'
import { S3RangeReadable } from '../../../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import {
  audioInput,
  bothInputs,
  ffmpegToFile,
  ffmpegToPipe,
  fragmentedMp4,
  indexLastMp4,
  matroska,
  videoInput,
} from '../../support/media.js'
import { LoggedAccess } from '../../support/random-accesses.js'
import { ChunkedSource, Collector } from '../../support/sources.js'
import { withId3v1, withTagsBehind } from '../../sweep/surgery.js'

const CRC = { output: { format: 'framecrc', args: ['-map', '0', '-c', 'copy'] } }
const gif = () => ffmpegToFile(videoInput({ seconds: 1, size: '320x180' }), 'a.gif')
const adts = () => ffmpegToPipe([...audioInput({ seconds: 4 }), '-c:a', 'aac', '-f', 'adts'])
/** More than the first request fetches. */
const longAdts = () =>
  ffmpegToPipe([...audioInput({ seconds: 60 }), '-c:a', 'aac', '-b:a', '160k', '-f', 'adts'])

/** Sends a source through a transform; returns its seeks and its output. */
async function copyOf(source: Readable, options: FfmpegTransformOptions = CRC) {
  const ffmpeg = new FfmpegTransform(options)
  const seeks: FfmpegSeek[] = []
  ffmpeg.on('seek', seek => seeks.push(seek))
  const sink = new Collector()
  await pipeline(source, ffmpeg, sink)
  return { seeks, output: sink.bytes.toString() }
}

/** Never answers a read; an aborted read ends after a delay. */
class HangingAccess implements RandomAccess {
  readonly asked: Promise<void>
  isOver = false
  #ask!: () => void
  readonly #size: number

  constructor(size: number) {
    this.#size = size
    this.asked = new Promise(resolve => (this.#ask = resolve))
  }

  size(): Promise<number> {
    return Promise.resolve(this.#size)
  }

  async *read(_start: number, _end: number, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    this.#ask()
    await new Promise<void>(resolve => signal?.addEventListener('abort', () => setTimeout(resolve, 300)))
    this.isOver = true
    yield* []
    signal?.throwIfAborted()
  }
}

async function fromS3(t: Test, media: Buffer, options: FfmpegTransformOptions = CRC) {
  const s3 = await LocalS3.start({ buckets: ['media'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('media', 'key', media)
  const before = s3.calls.length
  const { seeks, output } = await copyOf(
    new S3RangeReadable({ client, bucket: 'media', key: 'key' }),
    options,
  )
  await s3.idle()
  return { gets: s3.calls.slice(before), seeks, lines: output.split('\n').length }
}

t.test('fetches a small object with one GET, however ffmpeg seeks in it', async t => {
  for (const [media, reason] of [
    [await gif(), 'container'],
    [await indexLastMp4({ seconds: 4 }), 'index-last'],
    [withTagsBehind(await matroska({ seconds: 2 })), 'behind-media'],
    [withId3v1(await adts()), 'behind-media'],
  ] as const) {
    t.ok(media.length < 512 * 1024, 'small')
    const { gets, seeks } = await fromS3(t, media)
    t.match(seeks, [{ reason, stopped: true, bytesSniffed: media.length }])
    t.equal(gets.length, 1)
  }
  const { gets } = await fromS3(t, await indexLastMp4({ seconds: 4 }), {
    ...CRC,
    input: { args: ['-ss', '1'] },
  })
  t.equal(gets.length, 1)
})

t.test('pipes a small object without tags at its end, also with one GET', async t => {
  const { gets, seeks, lines } = await fromS3(t, await adts())
  t.same(seeks, [])
  t.equal(gets.length, 1)
  t.ok(lines > 100)
})

t.test('checks the end of a large object, and continues with the pipe', async t => {
  const media = await longAdts()
  t.ok(media.length > 512 * 1024)
  const plain = await fromS3(t, media)
  t.same(plain.seeks, [])
  t.equal(
    plain.gets.filter(({ range }) => range === `bytes=${media.length - 160}-${media.length - 1}`).length,
    1,
  )
  const tagged = await fromS3(t, withId3v1(media))
  t.match(tagged.seeks, [{ reason: 'behind-media' }])
  t.equal(tagged.lines, plain.lines)
})

t.test(
  'fetches a large object read by seeking once, plus the bytes in flight, with one GET per block',
  async t => {
    const raw = ['-c:v', 'rawvideo', '-pix_fmt', 'yuv420p', '-c:a', 'pcm_s16le']
    const both = bothInputs({ seconds: 3, size: '320x180' })
    for (const [name, args] of [
      ['a.avi', raw],
      [
        'a.mxf',
        [
          '-c:v',
          'mpeg2video',
          '-b:v',
          '15M',
          '-minrate',
          '15M',
          '-maxrate',
          '15M',
          '-bufsize',
          '4M',
          '-bf',
          '2',
        ],
      ],
    ] as const) {
      const media = await ffmpegToFile([...both, ...args], name)
      t.ok(media.length > 4 * MiB, `${name} has ${media.length} bytes`)
      const { gets, seeks } = await fromS3(t, media)
      t.match(seeks, [{ reason: 'container' }])
      t.ok(gets.length <= Math.ceil(media.length / MiB) + 8, `${gets.length} GETs`)
      const fetched = gets.reduce((sum, { bytesOut }) => sum + bytesOut, 0)
      t.ok(fetched <= 1.2 * media.length, `${fetched} of ${media.length} bytes`)
    }
  },
)

t.test('does not treat a source as small if it continues past its stated end', async t => {
  const media = Buffer.concat([await gif(), Buffer.alloc(3 * MiB)])
  const access = new LoggedAccess(media)
  const source = new ChunkedSource(media)
  let stops = 0
  const link: Link = {
    randomAccess: access,
    isAllRequested: true,
    stop: () => {
      if (stops++ === 0) source.push(null)
    },
  }
  Object.assign(source, { [LINK]: link })
  const { seeks, output } = await copyOf(source)
  t.match(seeks, [{ reason: 'container', stopped: true }])
  t.ok(seeks[0]!.bytesSniffed > MiB && seeks[0]!.bytesSniffed < 2 * MiB)
  t.equal(stops, 1)
  t.ok(output.length > 0)
})

t.test('fails with the error of a source that fails while its end is checked', async t => {
  const media = await longAdts()
  const error = new Error('the end is gone')
  const source = new ChunkedSource(media)
  Object.assign(source, {
    [LINK]: { randomAccess: new LoggedAccess(media, { failAt: media.length - 100, error }) },
  })
  await t.rejects(pipeline(source, new FfmpegTransform(CRC), new Collector()), error)
})

t.test('stops checking the end when destroyed, and closes after that', async t => {
  const access = new HangingAccess(10 * MiB)
  const source = new ChunkedSource(await adts())
  Object.assign(source, { [LINK]: { randomAccess: access } })
  const ffmpeg = new FfmpegTransform(CRC)
  const piped = pipeline(source, ffmpeg, new Collector())
  await access.asked
  const error = new Error('enough of it')
  ffmpeg.destroy(error)
  await t.rejects(piped, error)
  if (!ffmpeg.closed) await once(ffmpeg, 'close')
  t.equal(access.isOver, true)
})

t.test('fetches a small object once through a validator, too', async t => {
  const s3 = await LocalS3.start({ buckets: ['media'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('media', 'key', await fragmentedMp4())
  const before = s3.calls.length
  const ffmpeg = new FfmpegTransform({ ...CRC, input: { args: ['-ss', '1'] } })
  const source = new S3RangeReadable({ client, bucket: 'media', key: 'key' })
  await pipeline(source, new Fmp4Validator(), ffmpeg, new Collector())
  t.equal(s3.calls.length - before, 1)
})

t.test('reports a known loss on a pipe without random access, and fails on request', async t => {
  const log: FfmpegLogEntry[] = []
  const inputs: FfmpegInput[] = []
  const ffmpeg = new FfmpegTransform(CRC)
  ffmpeg.on('log', entry => log.push(entry))
  ffmpeg.on('input', input => inputs.push(input))
  const bytes = withTagsBehind(await matroska())
  await pipeline(new ChunkedSource(bytes), ffmpeg, new Collector())
  const message = /^The input has its tags after the media\. ffmpeg can't seek there on a pipe/
  t.match(inputs, [{ input: 0, notes: [{ kind: 'out-of-reach', message }] }])
  t.equal(inputs[0]!.notes.length, 1)
  t.match(
    log.filter(({ component }) => component === 'avio-streams'),
    [{ level: 'warning', message }],
  )
  const strict = new FfmpegTransform({ output: { ...CRC.output, onMissing: 'error' } })
  await t.rejects(pipeline(new ChunkedSource(bytes), strict, new Collector()), {
    code: 'AVIO_ERR_STREAM_MISSING',
    message,
  })
})

t.test('refuses an input that no ffmpeg reads from a pipe before it starts', async t => {
  const spawned: unknown[] = []
  const ffmpeg = new FfmpegTransform(CRC)
  ffmpeg.on('spawn', child => spawned.push(child))
  const image = await ffmpegToFile(
    [...videoInput({ size: '640x360' }), '-frames:v', '1', '-update', '1'],
    'a.tiff',
  )
  await t.rejects(pipeline(new ChunkedSource(image), ffmpeg, new Collector()), {
    code: 'AVIO_ERR_INPUT_NEEDS_SEEK',
    message: /^The input is a TIFF/,
  })
  t.same(spawned, [])
})

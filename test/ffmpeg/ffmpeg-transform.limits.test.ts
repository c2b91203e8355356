import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'
import { FfmpegReadable } from '../../lib/ffmpeg/ffmpeg-readable.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import type { FfmpegLimits } from '../../lib/ffmpeg/limits/limits.js'
import { H264, fastStartMp4, indexLastMp4, matroska, packetsOf } from '../support/media.js'
import { failing, standIn } from '../support/transform.js'

/** The limits of a service for untrusted media: each one exceeded, and all of them kept. */

const COPY = { format: 'matroska', args: ['-c', 'copy'] }
const ENCODE = { format: 'matroska', args: H264 }

t.test('stops at each limit with its own code, and the sink sees no end', async t => {
  const input = await matroska({ seconds: 4 })
  for (const [limits, output, code] of [
    [{ maxDuration: 3 }, COPY, 'AVIO_ERR_LIMIT_DURATION'],
    [{ maxDuration: 3 }, ENCODE, 'AVIO_ERR_LIMIT_DURATION'],
    [{ maxPixels: 100 }, COPY, 'AVIO_ERR_LIMIT_PIXELS'],
    [{ maxPixels: 160 * 90 - 1 }, ENCODE, 'AVIO_ERR_LIMIT_PIXELS'],
    [{ maxOutputBytes: 5000 }, COPY, 'AVIO_ERR_LIMIT_OUTPUT_BYTES'],
    [{ memory: 2 ** 26 }, COPY, 'AVIO_ERR_LIMIT_MEMORY'],
  ] as const) {
    const error = await failing(t, input, { limits, output })
    t.match(error, { name: 'FfmpegError', code }, JSON.stringify(limits))
  }
})

t.test('writes the same output within the limits', async t => {
  const input = await matroska({ seconds: 2 })
  const limits: FfmpegLimits = {
    ...{
      maxDuration: 10,
      maxPixels: 160 * 90,
      maxOutputBytes: 10 ** 7,
      timeout: 600_000,
      idleTimeout: 300_000,
    },
    ...{ threads: 1, nice: 5, memory: 2 ** 36, cpuSeconds: 600 },
  }
  const made = async (options: object): Promise<Buffer> => {
    const chunks: Buffer[] = []
    const ffmpeg = new FfmpegTransform({ ...options, output: COPY })
    await pipeline(Readable.from([input]), ffmpeg, async source => {
      for await (const chunk of source) chunks.push(chunk as Buffer)
    })
    return Buffer.concat(chunks)
  }
  const [limited, plain] = [await made({ limits }), await made({})]
  t.same(await packetsOf(limited), await packetsOf(plain))
})

t.test('ends a job that takes too long, or stalls', async t => {
  for (const [limits, code] of [
    [{ timeout: 300 }, 'AVIO_ERR_LIMIT_TIMEOUT'],
    [{ idleTimeout: 300 }, 'AVIO_ERR_LIMIT_IDLE'],
  ] as const) {
    const source = new PassThrough()
    source.write('media that stalls')
    t.match(await failing(t, source, { ...standIn('forever'), limits }), { code })
  }
  t.match(
    await failing(t, Readable.from([Buffer.alloc(9)]), {
      ...standIn('forever'),
      limits: { idleTimeout: 300 },
    }),
    { code: 'AVIO_ERR_LIMIT_IDLE' },
    'all input is read, and no output follows',
  )
})

t.test('does not count the time in which the sink reads nothing', async t => {
  const clock = fastClock(t)
  const ffmpeg = new FfmpegTransform({ output: COPY, limits: { idleTimeout: 60_000 } })
  Readable.from([await matroska({ seconds: 8 })]).pipe(ffmpeg)
  let failure: unknown
  ffmpeg.on('error', error => (failure = error))
  while (ffmpeg.readableLength < ffmpeg.readableHighWaterMark) await setTimeout(5)
  for (let minutes = 0; minutes < 10; minutes += 2) await clock.advance(120_000)
  t.equal(failure, undefined)
  const chunks = await ffmpeg.toArray()
  t.ok(chunks.length > 0)
  t.equal(failure, undefined)
})

/** A clock that advances on request, and runs slow timers at once, so that a busy machine changes nothing. */
function fastClock(t: Test): { advance: (milliseconds: number) => Promise<void> } {
  const { setInterval } = globalThis
  const now = performance.now.bind(performance)
  t.teardown(() => {
    globalThis.setInterval = setInterval
    performance.now = now
  })
  let ahead = 0
  performance.now = () => now() + ahead
  globalThis.setInterval = ((run: () => void, delay: number) =>
    setInterval(run, delay > 1000 ? 5 : delay)) as typeof setInterval
  return {
    advance: async milliseconds => {
      ahead += milliseconds
      await setTimeout(50)
    },
  }
}

t.test('applies the limits to inputs read by seeking as well', async t => {
  const source = new BytesSource({ bytes: await indexLastMp4({ seconds: 4 }) })
  const read = async (limits: FfmpegLimits): Promise<void> => {
    await new FfmpegReadable({ input: { source }, output: COPY, limits }).resume().toArray()
  }
  await t.rejects(read({ maxDuration: 2 }), { code: 'AVIO_ERR_LIMIT_DURATION' })
  await t.rejects(read({ maxPixels: 2 }), { code: 'AVIO_ERR_LIMIT_PIXELS' })
})

t.test('adds the allowed threads to the arguments, after the user’s own', async t => {
  const ffmpeg = new FfmpegTransform({
    input: { args: ['-threads', '8'] },
    output: { ...COPY, args: [...COPY.args, '-threads', '8'] },
    limits: { threads: 2, maxPixels: 10 ** 6 },
  })
  let args: readonly string[] = []
  ffmpeg.once('spawn', child => (args = child.args))
  await pipeline(Readable.from([await fastStartMp4()]), ffmpeg, new PassThrough().resume())
  const text = args.join(' ')
  t.match(text, /-threads 8 -threads 2 -max_pixels 2065536 -i pipe:0/)
  t.match(text, /-threads 8 .*-threads 2 -f matroska pipe:1$/)
  t.match(text, /-filter_threads 2 -filter_complex_threads 2/)
})

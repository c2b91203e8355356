import { once } from 'node:events'
import { type Duplex, PassThrough, Readable, Transform, pipeline as callbackPipeline } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import type { FfmpegEarlyExit } from '../../lib/ffmpeg/run/ffmpeg-events.js'
import type { FfmpegTransformOptions } from '../../lib/ffmpeg/ffmpeg-options.js'
import { FfmpegTransform } from '../../lib/ffmpeg/ffmpeg-transform.js'
import { Fmp4Validator } from '../../lib/mp4/fmp4-validator.js'
import { exists } from '../support/child.js'
import { fastStartMp4, fragmentedMp4, packetsOf, transportStream } from '../support/media.js'
import { ChunkedSource, Collector, LinkedSource } from '../support/sources.js'
import { standIn, spoke } from '../support/transform.js'

/** An ffmpeg that needs no more input (`-t 1`) closes it and exits with 0: a success, for the source as well. */

const FIRST_SECOND: FfmpegTransformOptions = { output: { format: 'mpegts', args: ['-c', 'copy', '-t', '1'] } }

/** The same two seconds repeated: more bytes than all buffers of the pipeline hold. */
async function longStream(): Promise<Buffer> {
  const media = await transportStream()
  return Buffer.concat(Array.from({ length: Math.ceil(3_000_000 / media.length) }, () => media))
}

interface Job {
  source: LinkedSource
  ffmpeg: FfmpegTransform
  sink: Collector
  earlyExit: Promise<FfmpegEarlyExit>
}

/** An endless source that can be stopped, a stage that needs one second of it, and a sink. */
async function job(options = FIRST_SECOND): Promise<Job> {
  const source = new LinkedSource(await transportStream(), { endless: true })
  const ffmpeg = new FfmpegTransform(options)
  const earlyExit = once(ffmpeg, 'early-exit').then(([event]) => event as FfmpegEarlyExit)
  return { source, ffmpeg, sink: new Collector(), earlyExit }
}

async function checkWhole(t: Test, { source, ffmpeg, sink, earlyExit }: Job): Promise<void> {
  t.equal(source.stops, 1, 'the source was stopped once')
  t.equal(source.errored, null)
  t.equal(source.readableEnded, true)
  t.equal(ffmpeg.errored, null)
  t.equal(sink.sawEnd, true)
  const { stopped, bytesIn } = await earlyExit
  t.equal(stopped, true)
  t.ok(bytesIn > 0 && bytesIn <= source.delivered)
  const frames = (await packetsOf(sink.bytes)).filter(({ codec_type }) => codec_type === 'video').length
  t.equal(frames, 25, 'a second of video')
}

t.test('stops the source in a pipeline with a promise, which resolves', async t => {
  const stages = await job()
  await pipeline(stages.source, stages.ffmpeg, stages.sink)
  await checkWhole(t, stages)
})

t.test('stops the source in a pipeline with a callback, and with a list', async t => {
  for (const isList of [false, true]) {
    const stages = await job()
    const { source, ffmpeg, sink } = stages
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null) => (error ? reject(error) : resolve())
      if (isList) callbackPipeline([source, ffmpeg, sink], done)
      else callbackPipeline(source, ffmpeg, sink, done)
    })
    await checkWhole(t, stages)
  }
})

t.test('stops the source of plain pipes', async t => {
  const stages = await job()
  stages.source.pipe(stages.ffmpeg).pipe(stages.sink)
  await once(stages.sink, 'finish')
  await checkWhole(t, stages)
})

t.test('stops a composed stage that begins with the source', async t => {
  const stages = await job()
  await pipeline(stages.source.compose<Duplex>(stages.ffmpeg), stages.sink)
  await checkWhole(t, stages)
})

t.test('stops the source through a validator', async t => {
  const media = await fragmentedMp4({ seconds: 10 })
  // ffmpeg does not need all of it, and the source never ends by itself.
  const source = new LinkedSource(media, { chunkSize: 4096, stallAfter: media.length * 0.75 })
  const ffmpeg = new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy', '-t', '1'] } })
  const sink = new Collector()
  await pipeline(source, new Fmp4Validator(), ffmpeg, new Fmp4Validator(), sink)
  t.equal(source.stops, 1)
  t.equal(sink.sawEnd, true)
})

t.test('stops the source with a slow sink too', async t => {
  const stages = await job({ ...FIRST_SECOND, highWaterMark: 1 })
  const slow = new Transform({
    highWaterMark: 1,
    transform: (chunk, _encoding, callback) => setTimeout(() => callback(null, chunk), 5),
  })
  await pipeline(stages.source, stages.ffmpeg, slow, stages.sink)
  await checkWhole(t, stages)
})

t.test('stops a source that stalls', async t => {
  const media = await fastStartMp4({ seconds: 10 })
  const source = new LinkedSource(media, { stallAfter: media.length / 2 })
  const sink = new Collector()
  await pipeline(source, new FfmpegTransform(FIRST_SECOND), sink)
  t.equal(source.stops, 1)
  t.equal(sink.sawEnd, true)
})

t.test('does not stop a source with another consumer, and discards the rest only in the stage', async t => {
  const media = await longStream()
  const source = new LinkedSource(media)
  const other = new Collector()
  source.pipe(other)
  const ffmpeg = new FfmpegTransform(FIRST_SECOND)
  const earlyExit = once(ffmpeg, 'early-exit') as Promise<[FfmpegEarlyExit]>
  await pipeline(source, ffmpeg, new Collector())
  t.equal(source.stops, 0)
  t.equal((await earlyExit)[0].stopped, false)
  t.same(other.bytes, media, 'the other consumer gets all bytes')
})

t.test(
  'closes a source that never ends and can’t be stopped, also through a stage without a link',
  async t => {
    const media = await transportStream()
    const source = () => new ChunkedSource(media, { endless: true })
    const cases: Record<string, readonly (Readable | PassThrough)[]> = {
      'a stream without a link': [source()],
      'a stream piped through a stage without a link': [source().pipe(new PassThrough())],
      'a stage without a link in the pipeline': [source(), new PassThrough()],
      'a linked stream before a stage without a link': [
        new LinkedSource(media, { endless: true }),
        new PassThrough(),
      ],
      'a generator': [Readable.from(source())],
    }
    for (const [name, stages] of Object.entries(cases)) {
      const ffmpeg = new FfmpegTransform({ ...FIRST_SECOND, discardLimit: 0 })
      const earlyExit = once(ffmpeg, 'early-exit') as Promise<[FfmpegEarlyExit]>
      const sink = new Collector()
      await pipeline([...stages, ffmpeg, sink] as never)
      t.equal(sink.sawEnd, true, name)
      t.equal((await earlyExit)[0].stopped, true)
      for (const stage of stages) {
        if (!stage.closed) await once(stage, 'close')
        t.equal(stage.errored, null)
      }
    }
  },
)

t.test('discards the rest of a source that can’t be closed', async t => {
  const media = await longStream()
  const ffmpeg = new FfmpegTransform({ ...FIRST_SECOND, discardLimit: media.length })
  const sink = new Collector()
  await pipeline(
    async function* () {
      yield* new ChunkedSource(media) as AsyncIterable<Buffer>
    },
    ffmpeg,
    sink,
  )
  t.equal(sink.sawEnd, true)
})

/** A source that feeds another consumer as well. */
function shared<T extends Readable>(source: T): T {
  source.pipe(new Collector())
  return source
}

t.test('fails past the discard limit, and the sink sees no end', async t => {
  const source = shared(new ChunkedSource(await transportStream(), { endless: true }))
  const ffmpeg = new FfmpegTransform({ ...FIRST_SECOND, discardLimit: 10_000_000 })
  const sink = new Collector()
  await t.rejects(pipeline(source, ffmpeg, sink), { code: 'AVIO_ERR_DISCARD_LIMIT' })
  t.ok(source.delivered < 30_000_000, `${source.delivered} bytes`)
  t.equal(source.destroyed, true)
  t.equal(sink.sawEnd, false)
})

t.test('counts only discarded bytes toward the limit, not those ffmpeg took', async t => {
  const bytes = 300_000
  const run = (length: number, discardLimit: number) => {
    const ffmpeg = new FfmpegTransform({ ...standIn('reads-some', { BYTES: String(bytes) }), discardLimit })
    return pipeline(shared(new ChunkedSource(Buffer.alloc(length, 'x'))), ffmpeg, new Collector())
  }
  await run(bytes, 0)
  // Bytes in the buffer of the system's pipe count as neither.
  await t.rejects(run(bytes + 3_000_000, 1_000_000), { code: 'AVIO_ERR_DISCARD_LIMIT' })
  await run(bytes + 3_000_000, 3_000_000)
})

t.test('ends only after its source, which may still fail', async t => {
  const boom = new Error('boom')
  const source = shared(new PassThrough())
  const ffmpeg = new FfmpegTransform(standIn('reads-some'))
  const sink = new Collector()
  const piped = pipeline(source, ffmpeg, sink)
  source.write('some bytes')
  const earlyExit = once(ffmpeg, 'early-exit')
  await once(ffmpeg, 'data')
  await earlyExit
  t.equal(sink.sawEnd, false)
  source.destroy(boom)
  await t.rejects(piped, boom)
  t.equal(sink.sawEnd, false)
})

t.test(
  'pauses the source when ffmpeg closes its input long before the exit, and judges by the exit',
  async t => {
    for (const CODE of ['0', '1']) {
      const source = new LinkedSource(Buffer.alloc(1_000_000, 'x'), { endless: true })
      const ffmpeg = new FfmpegTransform(standIn('reads-some', { LINGER: '1', CODE }))
      const sink = new Collector()
      const spawned = once(ffmpeg, 'spawn') as Promise<[{ pid: number }]>
      const result = pipeline(source, ffmpeg, sink).then(
        () => 'resolved',
        (error: unknown) => error,
      )
      await spoke(ffmpeg)
      const [{ pid }] = await spawned
      t.equal(source.stops, 0)
      t.ok(source.delivered < 2_000_000, `${source.delivered} bytes`)
      process.kill(pid, 'SIGUSR2')
      if (CODE === '0') {
        t.equal(await result, 'resolved')
        t.equal(source.stops, 1)
        t.equal(sink.bytes.toString(), 'output')
      } else {
        t.match(await result, { code: 'AVIO_ERR_FFMPEG_EXIT', exitCode: 1 })
        t.equal(source.stops, 0, 'a failure does not stop the source')
        t.equal(sink.sawEnd, false)
      }
      t.equal(exists(pid), false)
    }
  },
)

t.test('emits no early-exit for an input that is written completely but not read completely', async t => {
  const ffmpeg = new FfmpegTransform(standIn('reads-some', { BYTES: '10' }))
  ffmpeg.once('early-exit', () => t.fail('the source had ended'))
  const sink = new Collector()
  ffmpeg.end(Buffer.alloc(5_000_000, 'x'))
  await pipeline(ffmpeg, sink)
  t.equal(sink.bytes.toString(), 'output')
})

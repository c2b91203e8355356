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

/** ffmpeg that has had enough (`-t 1`) closes its input and exits with 0: that is success, also for the source. */

const FIRST_SECOND: FfmpegTransformOptions = { output: { format: 'mpegts', args: ['-c', 'copy', '-t', '1'] } }

/** More than all buffers on the way hold: the same two seconds again and again. */
async function longStream(): Promise<Buffer> {
  const media = await transportStream()
  return Buffer.concat(Array.from({ length: Math.ceil(3_000_000 / media.length) }, () => media))
}

interface Job {
  source: LinkedSource
  ffmpeg: FfmpegTransform
  sink: Collector
  enough: Promise<FfmpegEarlyExit>
}

/** An endless source that can be stopped, a stage that wants a second of it, and a sink. */
async function job(options = FIRST_SECOND): Promise<Job> {
  const source = new LinkedSource(await transportStream(), { endless: true })
  const ffmpeg = new FfmpegTransform(options)
  const enough = once(ffmpeg, 'early-exit').then(([event]) => event as FfmpegEarlyExit)
  return { source, ffmpeg, sink: new Collector(), enough }
}

async function checkWhole(t: Test, { source, ffmpeg, sink, enough }: Job): Promise<void> {
  t.equal(source.stops, 1, 'the source was stopped once')
  t.equal(source.errored, null)
  t.equal(source.readableEnded, true)
  t.equal(ffmpeg.errored, null)
  t.equal(sink.sawEnd, true)
  const { stopped, bytesIn } = await enough
  t.equal(stopped, true)
  t.ok(bytesIn > 0 && bytesIn <= source.delivered)
  const frames = (await packetsOf(sink.bytes)).filter(({ codec_type }) => codec_type === 'video').length
  t.equal(frames, 25, 'a second of video')
}

t.test('stops the source in a promised pipeline, which resolves', async t => {
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
  // ffmpeg does not need it all, and the end never comes by itself.
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

t.test('stops a source that stalls at that moment', async t => {
  const media = await fastStartMp4({ seconds: 10 })
  const source = new LinkedSource(media, { stallAfter: media.length / 2 })
  const sink = new Collector()
  await pipeline(source, new FfmpegTransform(FIRST_SECOND), sink)
  t.equal(source.stops, 1)
  t.equal(sink.sawEnd, true)
})

t.test('does not stop a source with another consumer, and discards its rest here alone', async t => {
  const media = await longStream()
  const source = new LinkedSource(media)
  const other = new Collector()
  source.pipe(other)
  const ffmpeg = new FfmpegTransform(FIRST_SECOND)
  const enough = once(ffmpeg, 'early-exit') as Promise<[FfmpegEarlyExit]>
  await pipeline(source, ffmpeg, new Collector())
  t.equal(source.stops, 0)
  t.equal((await enough)[0].stopped, false)
  t.same(other.bytes, media, 'the other consumer has it all')
})

t.test(
  'a source that never ends and can’t be stopped is ended, also behind a stage without a link',
  async t => {
    const media = await transportStream()
    const source = () => new ChunkedSource(media, { endless: true })
    const ways: Record<string, readonly (Readable | PassThrough)[]> = {
      'a stream without a link': [source()],
      'a stream behind one without a link': [source().pipe(new PassThrough())],
      'a stage without a link in the pipeline': [source(), new PassThrough()],
      'a link behind a stage without one': [new LinkedSource(media, { endless: true }), new PassThrough()],
      'a generator': [Readable.from(source())],
    }
    for (const [name, stages] of Object.entries(ways)) {
      const ffmpeg = new FfmpegTransform({ ...FIRST_SECOND, discardLimit: 0 })
      const enough = once(ffmpeg, 'early-exit') as Promise<[FfmpegEarlyExit]>
      const sink = new Collector()
      await pipeline([...stages, ffmpeg, sink] as never)
      t.equal(sink.sawEnd, true, name)
      t.equal((await enough)[0].stopped, true)
      for (const stage of stages) {
        if (!stage.closed) await once(stage, 'close')
        t.equal(stage.errored, null)
      }
    }
  },
)

t.test('discards the rest of a source that can’t be ended', async t => {
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
  // What the system had taken for the program is neither.
  await t.rejects(run(bytes + 3_000_000, 1_000_000), { code: 'AVIO_ERR_DISCARD_LIMIT' })
  await run(bytes + 3_000_000, 3_000_000)
})

t.test('waits with its end for that of the source, which may still fail', async t => {
  const boom = new Error('boom')
  const source = shared(new PassThrough())
  const ffmpeg = new FfmpegTransform(standIn('reads-some'))
  const sink = new Collector()
  const piped = pipeline(source, ffmpeg, sink)
  source.write('some bytes')
  const enough = once(ffmpeg, 'early-exit')
  await once(ffmpeg, 'data')
  await enough
  t.equal(sink.sawEnd, false)
  source.destroy(boom)
  await t.rejects(piped, boom)
  t.equal(sink.sawEnd, false)
})

t.test(
  'an input that is closed long before the exit holds the source, and is judged by the exit',
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
        t.equal(source.stops, 0, 'a source is not stopped for a failure')
        t.equal(sink.sawEnd, false)
      }
      t.equal(exists(pid), false)
    }
  },
)

t.test('needs no stop for an input written completely, though not all read', async t => {
  const ffmpeg = new FfmpegTransform(standIn('reads-some', { BYTES: '10' }))
  ffmpeg.once('early-exit', () => t.fail('the source had ended'))
  const sink = new Collector()
  ffmpeg.end(Buffer.alloc(5_000_000, 'x'))
  await pipeline(ffmpeg, sink)
  t.equal(sink.bytes.toString(), 'output')
})

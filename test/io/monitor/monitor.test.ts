import { once } from 'node:events'
import { platform } from 'node:os'
import { PassThrough, Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import {
  FfmpegProcess,
  FfmpegReadable,
  type FfmpegSpawn,
  FfmpegTransform,
  S3MultipartWritable,
  S3RangeReadable,
  S3Source,
  monitor,
} from '../../../lib/index.js'
import { activityOf } from '../../../lib/io/monitor/activity.js'
import { type MonitorOptions, StageMonitor } from '../../../lib/io/monitor/monitor.js'
import type { MonitoredStage } from '../../../lib/io/monitor/stage-streams.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { ffmpegToPipe } from '../../support/media.js'

const MINUTE = 60_000

/** A monitor whose clock stands still, except when told. So its figures don't depend on the machine. */
function timed(stages: readonly MonitoredStage[], options: MonitorOptions = {}) {
  const clock = { now: 1000 }
  const watch = new StageMonitor(stages, options, () => clock.now)
  return {
    watch,
    /** Resolves once the stages do what they are expected to. */
    reach: async (...states: string[]): Promise<void> => {
      while (watch.snapshot().stages.some(({ state }, n) => state !== states[n])) {
        await new Promise(setImmediate)
      }
    },
    pass: (ms: number) => void (clock.now += ms),
  }
}

/** A gate that holds what passes until it is opened. */
function gate() {
  let open: () => void
  const opened = new Promise<void>(resolve => (open = resolve))
  return { opened, open: () => open() }
}

const CHUNK = Buffer.alloc(64 * 1024, 'x')

/** Source, stage and sink of Node, one of which stands still until the gate opens. */
function pipelineOf(slow: 'source' | 'stage' | 'sink') {
  const { opened, open } = gate()
  const pass = (name: string) => (name === slow ? opened : Promise.resolve())
  let left = 20
  const source = new Readable({
    read() {
      void pass('source').then(() => this.push(left-- > 0 ? CHUNK : null))
    },
  })
  const stage = new Transform({
    transform: (chunk, _encoding, callback) => void pass('stage').then(() => callback(null, chunk)),
  })
  const sink = new Writable({
    write: (_chunk, _encoding, callback) => void pass('sink').then(() => callback()),
  })
  return { stages: [source, stage, sink] as const, open }
}

const STANDSTILL = {
  source: ['busy', 'idle', 'idle'],
  stage: ['backpressured', 'busy', 'idle'],
  sink: ['backpressured', 'backpressured', 'busy'],
} as const

t.test('names the stage that holds the others back, wherever it is', async t => {
  for (const [n, slow] of (['source', 'stage', 'sink'] as const).entries()) {
    const { stages, open } = pipelineOf(slow)
    const { watch, reach, pass } = timed(stages, { names: ['source', 'stage', 'sink'] })
    const done = pipeline(stages)
    await reach(...STANDSTILL[slow])
    pass(MINUTE)
    t.equal(watch.bottleneck, `${slow} (100 % busy)`)
    open()
    await done
    const { elapsed, ended, stages: shots, bottleneck } = watch.snapshot()
    t.same({ elapsed, ended }, { elapsed: MINUTE, ended: true })
    t.same(bottleneck, { stage: slow, index: n, busy: 1, text: `${slow} (100 % busy)` })
    const times = shots.map(({ busyTime, idleTime, backpressuredTime }) => [
      ...[busyTime, idleTime, backpressuredTime],
    ])
    const columns = ['busy', 'idle', 'backpressured']
    t.same(
      times,
      STANDSTILL[slow].map(state => columns.map(column => (column === state ? MINUTE : 0))),
    )
  }
})

t.test('gives plain data, with the bytes in, out and held', async t => {
  const { stages, open } = pipelineOf('sink')
  const { watch, reach, pass } = timed(stages)
  const done = pipeline(stages)
  await reach(...STANDSTILL.sink)
  pass(MINUTE)
  const shot = watch.snapshot()
  t.same(JSON.parse(JSON.stringify(shot)), shot)
  const [source, stage, sink] = shot.stages
  const waits = { busyTime: 0, idleTime: 0, backpressuredTime: MINUTE }
  t.same(Object.keys(shot), ['elapsed', 'ended', 'stages', 'bottleneck'])
  t.match(source, { name: 'Readable', state: 'backpressured', bytesOut: Number, bytesHeld: Number, ...waits })
  t.notOk('bytesIn' in source!)
  t.match(stage, { name: 'Transform', bytesIn: Number, bytesOut: Number, ...waits })
  t.match(sink, { name: 'Writable', state: 'busy', bytesIn: CHUNK.length, busyTime: MINUTE })
  t.notOk('bytesOut' in sink!)
  t.equal(source!.bytesHeld, stages[0].readableLength)
  t.equal(stage!.bytesHeld, stages[1].readableLength + stages[1].writableLength)
  t.equal(sink!.bytesHeld, stages[2].writableLength)
  open()
  await done
  const all = 20 * CHUNK.length
  t.match(watch.snapshot().stages, [{ bytesOut: all }, { bytesIn: all, bytesOut: all }, { bytesIn: all }])
})

t.test('looks back on the window while it runs, and on the whole run at the end', async t => {
  const [source, sink] = [new PassThrough({ highWaterMark: 1 }), new PassThrough({ highWaterMark: 1 })]
  const { watch, reach, pass } = timed([source, sink], { names: ['source', 'sink'], window: 1000 })
  source.pipe(sink)
  sink.resume()
  await reach('idle', 'idle')
  pass(MINUTE)
  t.equal(watch.bottleneck, undefined, 'nobody works')
  sink.pause()
  source.write(CHUNK)
  await reach('idle', 'backpressured')
  pass(MINUTE)
  t.equal(watch.bottleneck, undefined)
  const stuck = new Writable({ write: () => undefined })
  const other = timed([stuck], { names: ['stuck'], window: 1000 })
  other.pass(MINUTE)
  t.equal(other.watch.bottleneck, undefined, 'idle for a minute')
  stuck.write('x')
  for (let n = 0; n < 4; n++) {
    other.pass(500)
    other.watch.snapshot()
  }
  t.equal(other.watch.bottleneck, 'stuck (100 % busy)', 'busy for the last second')
  stuck.destroy()
  await once(stuck, 'close')
  t.equal(other.watch.snapshot().ended, true)
  t.equal(other.watch.bottleneck, undefined, 'of the whole run it is 3 %')
  for (const stream of [source, sink]) stream.destroy()
})

t.test('measures streams of others: compression, and the branches of a tee', async t => {
  const { opened, open } = gate()
  const source = Readable.from(Array.from({ length: 50 }, () => CHUNK))
  const sinkOf = (ready: Promise<void>) =>
    new Writable({ write: (_chunk, _encoding, callback) => void ready.then(() => callback()) })
  const [slow, fast] = [sinkOf(opened), sinkOf(Promise.resolve())]
  const gzip = createGzip()
  const { watch, reach, pass } = timed([source, slow, gzip, fast], {
    names: ['source', 'slow', 'gzip', 'fast'],
  })
  source.pipe(slow)
  source.pipe(gzip).pipe(fast)
  await reach('backpressured', 'busy', 'idle', 'idle')
  pass(MINUTE)
  t.equal(watch.bottleneck, 'slow (100 % busy)')
  open()
  await Promise.all([once(slow, 'finish'), once(fast, 'finish')])
  t.match(watch.snapshot().stages, [
    ...[{ name: 'source' }, { bytesIn: 50 * CHUNK.length }],
    ...[{ bytesIn: 50 * CHUNK.length, bytesOut: Number }, { bytesIn: Number }],
  ])
})

t.test('stops when all stages have closed, after an error as well, and leaves nothing behind', async t => {
  for (const how of ['end', 'error', 'destroy', 'stop'] as const) {
    const { stages, open } = pipelineOf('stage')
    const counted = ['close', 'finish', 'drain', 'data', 'readable', 'end', 'error']
    const hooked = ['_write', '_writev', '_final', '_read', 'push', 'write']
    const methods = () =>
      stages.map(stage => hooked.map(name => Object.getOwnPropertyDescriptor(stage, name)))
    const listeners = () => stages.map(stage => counted.map(name => stage.listenerCount(name)))
    const before = { methods: methods(), listeners: listeners() }
    const { watch, reach } = timed(stages)
    t.notSame(methods(), before.methods)
    t.same(
      stages.map(stage => stage.listenerCount('data') + stage.listenerCount('readable')),
      [0, 0, 0],
    )
    if (how === 'stop') {
      watch.stop()
      watch.stop()
      t.same({ methods: methods(), listeners: listeners() }, before)
      t.equal(watch.snapshot().ended, false)
      continue
    }
    const done = pipeline(stages).catch(() => undefined)
    await reach(...STANDSTILL.stage)
    if (how === 'end') open()
    else stages[1].destroy(how === 'error' ? new Error('broken') : undefined)
    await done
    await reach('ended', 'ended', 'ended')
    t.equal(watch.snapshot().ended, true, how)
    t.same(methods(), before.methods, how)
  }
})

t.test('has a timer only while it is iterated, and reports once more at the end', async t => {
  const { stages, open } = pipelineOf('stage')
  // Only this keeps the process alive while the stage stands still.
  const alive = setInterval(() => undefined, MINUTE)
  t.teardown(() => clearInterval(alive))
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = timers()
  const watch = monitor(stages, { interval: 10 })
  t.equal(timers(), before)
  const done = pipeline(stages)
  const early = watch[Symbol.asyncIterator]()
  const first = early.next()
  t.equal(timers(), before, 'the timer of an iteration keeps nothing alive')
  t.equal((await first).done, false)
  await early.return?.()
  const shots = []
  for await (const shot of watch) {
    shots.push(shot)
    if (shots.length === 3) open()
  }
  await done
  t.ok(shots.length >= 4)
  t.same(
    shots.map(({ ended }) => ended),
    shots.map((_, n) => n === shots.length - 1),
  )
  const late = []
  for await (const shot of watch) late.push(shot)
  t.same(late, [shots.at(-1)], 'after the end there is one')
})

t.test('two monitors of one stream do not disturb each other', async t => {
  const { stages, open } = pipelineOf('sink')
  const [first, second] = [timed(stages), timed(stages.slice(1))]
  const done = pipeline(stages)
  await first.reach(...STANDSTILL.sink)
  first.watch.stop()
  await second.reach(...STANDSTILL.sink.slice(1))
  open()
  await done
  t.match(second.watch.snapshot(), { ended: true, stages: [{ bytesIn: 20 * CHUNK.length }, {}] })
})

t.test('rejects options that break their rule, and what it can’t measure', async t => {
  const stage = new PassThrough()
  for (const [stages, options, option] of [
    [[stage, stage], {}, 'stages[1]'],
    [[stage], { names: [] }, 'names'],
    [[stage], { names: [''] }, 'names'],
    [[stage], { names: 'stage' }, 'names'],
    [[stage], { interval: 9 }, 'interval'],
    [[stage], { window: null }, 'window'],
    [[stage], { every: 5 }, 'every'],
    [[stage], 7, 'monitor'],
  ] as const) {
    t.throws(() => monitor(stages, options as never), { code: 'AVIO_ERR_OPTION', option }, option)
  }
  t.same(
    Reflect.ownKeys(stage).filter(key => key === 'push'),
    [],
    'nothing is hooked',
  )
})

/** 17 MB of video that ffmpeg copies. */
const media = () =>
  ffmpegToPipe([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25:duration=2', '-pix_fmt', 'yuv420p'],
    ...['-c:v', 'rawvideo', '-f', 'matroska'],
  ])

async function store(t: Test) {
  const server = await LocalS3.start({ buckets: ['masters', 'web'] })
  const client = new S3Client(server.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await server.close()
  })
  await server.put('masters', 'a.mkv', await media())
  return { server, client }
}

async function s3Pipeline(t: Test) {
  const { server, client } = await store(t)
  const source = new S3RangeReadable({ client, bucket: 'masters', key: 'a.mkv' })
  const ffmpeg = new FfmpegTransform({ output: { format: 'matroska', args: ['-c', 'copy'] } })
  const sink = new S3MultipartWritable({
    ...{ client, bucket: 'web', key: 'a.mkv', partSize: 5 * 1024 * 1024, concurrency: 1 },
  })
  const stages = [source, ffmpeg, sink] as const
  return { server, stages, ...timed(stages, { names: ['source', 'ffmpeg', 'sink'] }) }
}

t.test('between S3 and S3, names a store that does not answer a read', async t => {
  const { server, stages, watch, reach, pass } = await s3Pipeline(t)
  const held = server.fault({ operation: 'GetObject', hold: true })
  const done = pipeline(stages)
  await held.reached
  await reach('busy', 'idle', 'idle')
  pass(MINUTE)
  t.equal(watch.bottleneck, 'source (100 % busy)')
  held.release()
  await done
  t.match(watch.snapshot(), { ended: true, bottleneck: { stage: 'source' } })
})

t.test('between S3 and S3, names an ffmpeg that is stopped, and its process', async t => {
  const { stages, watch, reach, pass } = await s3Pipeline(t)
  const [, ffmpeg] = stages
  const stopped = once(ffmpeg, 'spawn').then((spawned: unknown[]) => {
    const { pid } = spawned[0] as FfmpegSpawn
    process.kill(pid, 'SIGSTOP')
    return pid
  })
  const done = pipeline(stages)
  const pid = await stopped
  await reach('backpressured', 'busy', 'idle')
  pass(MINUTE)
  t.equal(watch.bottleneck, 'ffmpeg (100 % busy)')
  const [, shot] = watch.snapshot().stages
  t.match(shot!.process, platform() === 'linux' ? { pid, cpuTime: Number } : { pid })
  process.kill(pid, 'SIGCONT')
  await done
  const [read, encoded, stored] = watch.snapshot().stages
  t.equal(read!.bytesOut, (await media()).length)
  t.equal(encoded!.bytesIn, read!.bytesOut)
  t.equal(stored!.bytesIn, encoded!.bytesOut)
  t.equal(encoded!.process!.pid, pid, 'of a process that is gone, too')
  t.equal(activityOf(ffmpeg).pid, undefined, 'whose id may belong to another one by now')
})

t.test(
  'between S3 and S3, names a store that does not take a part, and counts the parts it holds',
  async t => {
    const { server, stages, watch, reach, pass } = await s3Pipeline(t)
    const held = server.fault({ operation: 'UploadPart', hold: true })
    const done = pipeline(stages)
    await held.reached
    await reach('backpressured', 'backpressured', 'busy')
    pass(MINUTE)
    t.equal(watch.bottleneck, 'sink (100 % busy)')
    const [source, , sink] = watch.snapshot().stages
    t.ok(
      sink!.bytesHeld >= 10 * 1024 * 1024,
      `${sink!.bytesHeld} bytes: a part under way, and one that is full`,
    )
    t.ok(source!.bytesHeld > stages[0].readableLength, 'the bytes that were read ahead are counted')
    held.release()
    await done
    t.equal(watch.snapshot().stages[2]!.bytesHeld, 0)
  },
)

t.test('an ffmpeg that reads by seeking waits for its source', async t => {
  const { server, client } = await store(t)
  const source = new S3Source({ client, bucket: 'masters', key: 'a.mkv' })
  const output = { format: 'matroska' as const, args: ['-c', 'copy'] }
  for (const stage of [
    new FfmpegReadable({ input: { source }, output }),
    new FfmpegProcess({ inputs: [{ source }], outputs: [output] }),
  ]) {
    const readable = stage instanceof FfmpegProcess ? stage.outputs[0]! : stage
    const held = server.fault({
      operation: 'GetObject',
      rangeBeyond: 1024 * 1024,
      hold: true,
      times: Infinity,
    })
    const { watch, reach, pass } = timed([stage])
    readable.resume()
    await held.reached
    await reach('idle')
    pass(MINUTE)
    t.match(watch.snapshot().stages, [{ name: 'ffmpeg', busyTime: 0, idleTime: MINUTE, bytesIn: Number }])
    held.release()
    held.remove()
    await once(readable, 'close')
    await reach('ended')
    const [shot] = watch.snapshot().stages
    t.ok(shot!.bytesIn! >= (await media()).length)
  }
})

t.test('an FfmpegProcess is one stage, which its slowest output holds back', async t => {
  const output = { format: 'matroska' as const, args: ['-c', 'copy'] }
  const ffmpeg = new FfmpegProcess({ inputs: [{}], outputs: [output, output] })
  const { opened, open } = gate()
  const sinkOf = (ready: Promise<void>) =>
    new Writable({ write: (_chunk, _encoding, callback) => void ready.then(() => callback()) })
  const source = Readable.from([await media()], { objectMode: false })
  const [slow, fast] = [sinkOf(opened), sinkOf(Promise.resolve())]
  const { watch, reach, pass } = timed([source, ffmpeg, slow, fast], {
    names: ['source', 'ffmpeg', 'slow', 'fast'],
  })
  const done = Promise.all([
    pipeline(source, ffmpeg.inputs[0]!),
    pipeline(ffmpeg.outputs[0]!, slow),
    pipeline(ffmpeg.outputs[1]!, fast),
  ])
  await reach('ended', 'backpressured', 'busy', 'idle')
  pass(MINUTE)
  t.equal(watch.bottleneck, 'slow (100 % busy)')
  open()
  await done
  const [, shot] = watch.snapshot().stages
  t.equal(shot!.bytesIn, (await media()).length)
  t.equal(shot!.bytesOut, watch.snapshot().stages[2]!.bytesIn! + watch.snapshot().stages[3]!.bytesIn!)
})

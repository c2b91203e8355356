import { promisify } from 'node:util'
import t from 'tap'
import { FfmpegRun } from '../../../lib/ffmpeg/job/ffmpeg-run.js'
import type { FfmpegLogEntry } from '../../../lib/ffmpeg/log/log.js'
import type { FfmpegProgress } from '../../../lib/ffmpeg/log/progress.js'
import { endProcess, exists, fixture } from '../../support/child.js'
import { AAC, H264, transportStream } from '../../support/media.js'

interface Started {
  run: FfmpegRun
  chunks: Buffer[]
  log: FfmpegLogEntry[]
  reports: FfmpegProgress[]
}

async function start(name: string, variables: Record<string, string> = {}): Promise<Started> {
  const [chunks, log, reports]: [Buffer[], FfmpegLogEntry[], FfmpegProgress[]] = [[], [], []]
  const push = (chunk: Buffer) => chunks.push(chunk) > 0
  const run = await FfmpegRun.start(
    {
      ...{ path: fixture(name), args: ['-x'], killTimeout: 5000, inputs: [0], progress: 3 },
      env: { PATH: process.env['PATH'] ?? '', ...variables },
      outputs: [{ fd: 1, format: 'mpegts', push }],
    },
    { onLog: entry => log.push(entry), onProgress: report => reports.push(report) },
  )
  return { run, chunks, log, reports }
}

const feed = async ({ run }: Started, bytes: Buffer, n = 0) => {
  const input = run.inputs[n]!
  await promisify((callback: () => void) => input.write([bytes], bytes.length, callback))()
  await promisify((callback: () => void) => input.end(callback))()
}

const indexFirst = () => false

t.test('a run that goes well delivers everything, and tells what it hears', async t => {
  const started = await start('says', { SAYS: '[info] hello\n', PROGRESS: 'frame=3\nprogress=end\n' })
  t.teardown(() => started.run.kill())
  await feed(started, Buffer.from('media'))
  await started.run.endedWell(indexFirst)
  await started.run.deliveredAll()
  t.equal(Buffer.concat(started.chunks).toString(), 'media')
  t.same(started.log, [{ level: 'info', message: 'hello' }])
  t.same(started.reports, [{ frame: 3, done: true }])
})

t.test('a run that fails says why, with what went in and came out', async t => {
  const started = await start('says', { SAYS: "[fatal] Unknown encoder 'x'\n", CODE: '1' })
  t.teardown(() => started.run.kill())
  await feed(started, Buffer.from('media'))
  await t.rejects(started.run.endedWell(indexFirst), {
    code: 'AVIO_ERR_UNKNOWN_ENCODER',
    exitCode: 1,
    args: ['-x'],
    bytesIn: 5,
  })
})

t.test('a run without output says so', async t => {
  const started = await start('says')
  t.teardown(() => started.run.kill())
  await feed(started, Buffer.alloc(0))
  await started.run.endedWell(indexFirst)
  await t.rejects(started.run.deliveredAll(), { code: 'AVIO_ERR_FFMPEG_NO_OUTPUT', bytesOut: 0 })
})

t.test('output that somebody else holds open can’t be called whole', async t => {
  const started = await start('leaves-a-grandchild')
  await feed(started, Buffer.from('media'))
  await started.run.endedWell(indexFirst)
  t.teardown(() => endProcess(Number(/\d+/.exec(started.log[0]!.message)?.[0])))
  await t.rejects(started.run.deliveredAll(), { code: 'AVIO_ERR_FFMPEG_EXIT', message: /holds it open/ })
  await started.run.kill()
})

t.test('kill ends it, whoever reads what', async t => {
  const { run } = await start('floods-stdout')
  await run.kill()
  t.equal(exists(run.pid), false)
})

t.test('there may be several inputs and outputs', async t => {
  const media = await transportStream({ seconds: 1 })
  const outputs = [
    { fd: 1, format: 'mpegts', chunks: [] as Buffer[] },
    { fd: 5, format: 'adts', chunks: [] as Buffer[] },
  ]
  const run = await FfmpegRun.start(
    {
      path: '/usr/bin/env',
      args: [
        ...['ffmpeg', '-nostdin', '-nostats', '-loglevel', 'level+info', '-progress', 'pipe:3'],
        ...['-i', 'pipe:0', '-i', 'pipe:4'],
        ...['-map', '0:v', '-map', '1:a', ...H264, ...AAC, '-f', 'mpegts', 'pipe:1'],
        ...['-map', '0:a', ...AAC, '-f', 'adts', 'pipe:5'],
      ],
      env: { PATH: process.env['PATH'] ?? '' },
      killTimeout: 5000,
      inputs: [0, 4],
      outputs: outputs.map(({ fd, format, chunks }) => ({
        fd,
        format,
        push: chunk => chunks.push(chunk) > 0,
      })),
      progress: 3,
    },
    { onLog: () => undefined, onProgress: () => undefined },
  )
  t.teardown(() => run.kill())
  const started = { run, chunks: [], log: [], reports: [] }
  await Promise.all([feed(started, media, 0), feed(started, media, 1)])
  await run.endedWell(indexFirst)
  await run.deliveredAll()
  t.equal(outputs[0]!.chunks[0]![0], 0x47, 'an MPEG-TS')
  t.equal(outputs[1]!.chunks[0]![0], 0xff, 'ADTS')
})

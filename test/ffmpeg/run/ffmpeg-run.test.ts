import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import type { FfmpegSpawn } from '../../../lib/ffmpeg/run/ffmpeg-events.js'
import { FfmpegRun } from '../../../lib/ffmpeg/run/ffmpeg-run.js'
import type { RunListener } from '../../../lib/ffmpeg/run/run-spec.js'
import { UNLIMITED } from '../../../lib/ffmpeg/limits/limits.js'
import type { FfmpegLogEntry } from '../../../lib/ffmpeg/log/log.js'
import type { FfmpegProgress } from '../../../lib/ffmpeg/log/progress.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { endProcess, exists, fixture } from '../../support/child.js'
import { AAC, H264, indexLastMp4, transportStream } from '../../support/media.js'

const silent: RunListener = {
  onSpawn: () => undefined,
  onLog: () => undefined,
  onProgress: () => undefined,
  onInput: () => undefined,
  hasProgress: () => true,
  hearsInput: () => false,
  onError: () => undefined,
}

const JOB = {
  globalArgs: [],
  env: { PATH: process.env['PATH']! },
  killTimeout: 5000,
  limits: UNLIMITED,
  cacheSize: 1024 ** 2,
}
const INPUT = { format: undefined, args: [], formatWhitelist: ['mov'], head: Buffer.alloc(0) }

/**
 * A run with one piped input and one output, started with a program that stands in for ffmpeg.
 *
 * @param wanted - the number of chunks after which its reader is full
 */
async function begun(name: string, variables: Record<string, string> = {}, wanted = Infinity) {
  const [chunks, log, reports]: [Buffer[], FfmpegLogEntry[], FfmpegProgress[]] = [[], [], []]
  const spawned: FfmpegSpawn[] = []
  const run = new FfmpegRun(
    {
      ...{ ...JOB, ffmpegPath: fixture(name), env: { ...JOB.env, ...variables } },
      inputs: [{ ...INPUT, source: undefined, format: 'mpegts' }],
      outputs: [{ format: 'mpegts', args: [], push: chunk => chunks.push(chunk) < wanted }],
    },
    {
      ...silent,
      onSpawn: child => spawned.push(child),
      onLog: entry => entry.component !== 'avio-streams' && log.push(entry),
      onProgress: report => reports.push(report),
    },
  )
  await run.start()
  return { run, chunks, log, reports, spawned }
}

const feed = async (run: FfmpegRun, bytes: Buffer, n = 0) => {
  const input = run.inputs[n]!
  await promisify((callback: () => void) => input.write([bytes], bytes.length, callback))()
  await promisify((callback: () => void) => input.end(callback))()
}

t.test('delivers all output of a successful run, and reports its events', async t => {
  const variables = { SAYS: '[info] hello\n', PROGRESS: 'frame=3\nprogress=end\n' }
  const { run, chunks, log, reports } = await begun('says', variables)
  t.teardown(() => run.kill())
  await feed(run, Buffer.from('media'))
  await run.endedWell()
  await run.deliveredAll()
  t.equal(Buffer.concat(chunks).toString(), 'media')
  t.same(log, [{ level: 'info', message: 'hello' }])
  t.match(reports, [{ frame: 3, done: true, bytesIn: 5 }])
})

t.test('reports the reason of a failed run, with the bytes in and out', async t => {
  const { run, spawned } = await begun('says', { SAYS: "[fatal] Unknown encoder 'x'\n", CODE: '1' })
  t.teardown(() => run.kill())
  await feed(run, Buffer.from('media'))
  await t.rejects(run.endedWell(), {
    code: 'AVIO_ERR_UNKNOWN_ENCODER',
    exitCode: 1,
    args: spawned[0]!.args,
    bytesIn: 5,
    bytesOut: 5,
  })
})

t.test('reports a run without output', async t => {
  const { run } = await begun('says')
  t.teardown(() => run.kill())
  await feed(run, Buffer.alloc(0))
  await run.endedWell()
  await t.rejects(run.deliveredAll(), { code: 'AVIO_ERR_FFMPEG_NO_OUTPUT', bytesOut: 0 })
})

t.test('does not call output complete while another process holds it open', async t => {
  const { run, log } = await begun('leaves-a-grandchild')
  await feed(run, Buffer.from('media'))
  await run.endedWell()
  t.teardown(() => endProcess(Number(/\d+/.exec(log[0]!.message)?.[0])))
  await t.rejects(run.deliveredAll(), { code: 'AVIO_ERR_FFMPEG_EXIT', message: /holds it open/ })
  await run.kill()
})

t.test('handles several inputs and outputs on pipes', async t => {
  const media = await transportStream({ seconds: 1 })
  const chunks: Buffer[][] = [[], []]
  const input = { ...INPUT, source: undefined, format: 'mpegts', formatWhitelist: ['mpegts'] }
  const run = new FfmpegRun(
    {
      ...JOB,
      ffmpegPath: undefined,
      inputs: [input, input],
      outputs: [
        { format: 'mpegts', args: ['-map', '0:v', '-map', '1:a', ...H264, ...AAC] },
        { format: 'adts', args: ['-map', '0:a', ...AAC] },
      ].map((output, n) => ({ ...output, push: (chunk: Buffer) => chunks[n]!.push(chunk) > 0 })),
    },
    silent,
  )
  t.teardown(() => run.kill())
  await run.start()
  await Promise.all([feed(run, media, 0), feed(run, media, 1)])
  await run.endedWell()
  await run.deliveredAll()
  t.equal(chunks[0]![0]![0], 0x47, 'an MPEG-TS')
  t.equal(chunks[1]![0]![0], 0xff, 'ADTS')
})

t.test('delivers two outputs of one source on two pipes', async t => {
  const chunks: Buffer[][] = [[], []]
  const push = (n: number) => (chunk: Buffer) => chunks[n]!.push(chunk) > 0
  const source = new BytesSource({ bytes: await indexLastMp4() })
  const args = ['-c', 'copy']
  const outputs = ['matroska', 'mpegts'].map((format, n) => ({ format, args, push: push(n) }))
  const run = new FfmpegRun(
    { ...JOB, ffmpegPath: undefined, inputs: [{ ...INPUT, source }], outputs },
    silent,
  )
  await run.start()
  await run.endedWell()
  await run.deliveredAll()
  t.same(
    chunks.map(list => list[0]!.toString('hex', 0, 1)),
    ['1a', '47'],
  )
  t.ok(run.bytesIn > 0)
  t.ok(run.bytesFetched > 0)
  await run.kill()
})

t.test('ends before, during and after its start', async t => {
  const source = new BytesSource({ bytes: await indexLastMp4() })
  const outputs = [{ format: 'matroska', args: [], push: () => true }]
  const make = () =>
    new FfmpegRun({ ...JOB, ffmpegPath: fixture('forever'), inputs: [{ ...INPUT, source }], outputs }, silent)
  const [never, starting] = [make(), make()]
  await never.kill()
  await t.rejects(never.start(), { name: 'AbortError' })
  const start = starting.start()
  await starting.kill()
  await t.rejects(start, { name: 'AbortError' })
  const { run, spawned, chunks } = await begun('floods-stdout', {}, 1)
  while (chunks.length === 0) await setImmediate()
  await run.kill()
  t.equal(exists(spawned[0]!.pid), false, 'reaped, even with a full reader')
  t.equal(chunks.length, 1, 'output during its end is discarded')
})

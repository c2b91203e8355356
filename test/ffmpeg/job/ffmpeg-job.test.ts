import t from 'tap'
import { UNLIMITED } from '../../../lib/ffmpeg/limits/limits.js'
import { FfmpegJob, type JobListener, descriptors } from '../../../lib/ffmpeg/job/ffmpeg-job.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { fixture } from '../../support/child.js'
import { indexLastMp4 } from '../../support/media.js'

const silent: JobListener = {
  onSpawn: () => undefined,
  onLog: () => undefined,
  onProgress: () => undefined,
  onInput: () => undefined,
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

t.test('pipes get the standard descriptors first, then those behind the progress pipe', async t => {
  t.same(descriptors(1, 1), { inputs: [0], outputs: [1] })
  t.same(descriptors(0, 2), { inputs: [], outputs: [1, 4] })
  t.same(descriptors(2, 2), { inputs: [0, 4], outputs: [1, 5] })
})

t.test('two outputs of one source come on two pipes', async t => {
  const chunks: Buffer[][] = [[], []]
  const push = (n: number) => (chunk: Buffer) => chunks[n]!.push(chunk) > 0
  const source = new BytesSource(await indexLastMp4())
  const args = ['-c', 'copy']
  const outputs = ['matroska', 'mpegts'].map((format, n) => ({ format, args, push: push(n) }))
  const job = new FfmpegJob(
    { ...JOB, ffmpegPath: undefined, inputs: [{ ...INPUT, source }], outputs },
    silent,
  )
  await job.start()
  await job.endedWell()
  await job.deliveredAll()
  t.same(
    chunks.map(list => list[0]!.toString('hex', 0, 1)),
    ['1a', '47'],
  )
  t.ok(job.bytesIn > 0)
  t.ok(job.bytesFetched > 0)
  await job.kill()
})

t.test('it can be ended before, while and after it starts', async t => {
  const source = new BytesSource(await indexLastMp4())
  const outputs = [{ format: 'matroska', args: [], push: () => true }]
  const make = () =>
    new FfmpegJob({ ...JOB, ffmpegPath: fixture('forever'), inputs: [{ ...INPUT, source }], outputs }, silent)
  const [never, starting, started] = [make(), make(), make()]
  await never.kill()
  await t.rejects(never.start(), { name: 'AbortError' })
  const start = starting.start()
  await starting.kill()
  await t.rejects(start, { name: 'AbortError' })
  const run = await started.start()
  await started.kill()
  t.throws(() => process.kill(run.pid, 0), 'reaped')
})

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { peakOf, warmUp } from '../../bench/support/contender-process.js'
import { curlCeiling, curlConfig } from '../../bench/support/curl-ceiling.js'
import { isBusy, coresOf, machineCpu, watchOthers } from '../../bench/support/machine.js'
import { includesPackages } from '../../bench/support/pack-commit.js'
import { findPeers, firstVersion } from '../../bench/support/peers.js'
import { originLine } from '../../bench/support/report.js'
import { type Origin, spreadOf } from '../../bench/support/results.js'
import { ffmpegCpu, runShellPipeline } from '../../bench/support/shell-pipeline.js'
import { LocalS3 } from '../../lib/testing/index.js'

const noCurl = (() => {
  try {
    execFileSync('curl', ['--version'])
    return false
  } catch {
    return 'there is no curl on this machine'
  }
})()

t.test('curl reads each range once and discards it', { skip: noCurl }, async t => {
  const config = curlConfig('http://host/key', 25, 10)
  t.same(config.match(/range = .*/g), ['range = "0-9"', 'range = "10-19"', 'range = "20-24"'])
  t.equal(config.match(/^next$/gm)?.length, 2)
  const s3 = await LocalS3.start({ buckets: ['bench'], publicRead: true })
  try {
    s3.put('bench', 'source', Buffer.alloc(1000))
    const url = `${s3.clientConfig().endpoint}/bench/source`
    t.match(await curlCeiling(url, { size: 1000, range: 300, connections: 2 }), { connections: 2 })
    t.same(s3.calls.map(({ range }) => range).sort(), [
      'bytes=0-299',
      'bytes=300-599',
      'bytes=600-899',
      'bytes=900-999',
    ])
    const more = await curlCeiling(url, { size: 2000, range: 1000, connections: 2 })
    t.match(more, { reason: /^curl read 1000 of 2000 bytes and exited with 22/ })
  } finally {
    await s3.close()
  }
})

t.test('curl reads over https, too', { skip: noCurl }, async t => {
  const s3 = await LocalS3.start({ buckets: ['bench'], publicRead: true, tls: true })
  try {
    s3.put('bench', 'source', Buffer.alloc(1000))
    const url = `${s3.clientConfig().endpoint}/bench/source`
    t.match(await curlCeiling(url, { size: 1000, range: 300, connections: 2 }), { connections: 2 })
  } finally {
    await s3.close()
  }
})

t.test('tells how busy other processes keep the machine', t => {
  const stat = 'cpu  100 50 25 999 999 10 5 10 77 77\ncpu0 1 2\ncpu1 1 2\nintr 5\n'
  t.equal(machineCpu(stat, 2), 2, 'user, nice, system, interrupts and steal, without idle and guests')
  t.equal(machineCpu(stat, 4), undefined, 'not of a machine that shows other cores')
  t.equal(machineCpu('', 0), undefined)
  t.equal(coresOf(1.5, 1), 1.5)
  t.equal(coresOf(-0.01, 2), 0, 'ticks of one core may be counted before those of another')
  t.equal(coresOf(0.01, 0.0001), undefined, 'one tick in no time is not a hundred cores')
  t.equal(watchOthers()(), undefined)
  t.equal(isBusy({ others: 0.05 }), false)
  t.equal(isBusy({ others: 0.5 }), true)
  t.equal(isBusy({ others: undefined }), true, 'who does not know is not idle')
  const origin: Origin = {
    ...{ date: '2026-11-29 12:00', commit: 'abc+', node: 'v20', ffmpeg: '5.1', cpu: 'a processor' },
    ...{ cores: 2, memory: 2 ** 34, rounds: 1, quick: false, others: 0 },
  }
  const line =
    '2 cores (a processor), 16 GiB; Node v20, ffmpeg 5.1, commit abc+, 2026-11-29 12:00; medians of 1 round'
  t.equal(originLine(origin), line)
  t.equal(
    originLine({ ...origin, quick: true, others: 1.52 }),
    `${line}; small sizes (--quick); a busy machine: other processes used 1.5 of 2 cores`,
  )
  t.end()
})

t.test('reads what programs report', t => {
  t.equal(firstVersion('aws-cli/2.9.19 Python/3.11'), '2.9.19')
  t.equal(firstVersion('rclone v1.60.1-DEV\n- os/version: debian 12'), '1.60.1-DEV')
  t.equal(firstVersion('nothing'), 'unknown')
  t.equal(ffmpegCpu('bench: utime=1.500s stime=0.250s rtime=2.0s\nbench: maxrss=4kB'), 1.75)
  t.throws(() => ffmpegCpu('failed'), { message: /reports no CPU time/ })
  t.equal(peakOf('Name:\tnode\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB'), 2048 * 1024)
  t.equal(peakOf('Name:\tkthreadd'), 0)
  t.same(spreadOf([3, 1, 2]), { median: 2, least: 1, most: 3 })
  t.same(spreadOf([1.23456789, 2]), { median: 1.6173, least: 1.2346, most: 2 })
  t.end()
})

t.test('packages serve a commit that locks the same, or fewer', t => {
  const ours = { '': { version: '2' }, a: { version: '1' }, b: { version: '1' } }
  t.ok(includesPackages(ours, { '': { version: '1' }, a: { version: '1' } }))
  t.notOk(includesPackages(ours, { a: { version: '2' } }))
  t.notOk(includesPackages(ours, { c: { version: '1' } }))
  t.end()
})

t.test('runs a reader, ffmpeg and a writer as a shell does', async t => {
  const ffmpeg = process.env['FFMPEG_PATH'] ?? 'ffmpeg'
  const folder = t.testdir()
  const copy = ['-v', 'info', '-hide_banner', '-nostats', '-benchmark', '-f', 's16le', '-i', 'pipe:0']
  const stages = {
    read: ['head', '-c', '1000000', '/dev/zero'],
    ffmpeg: [ffmpeg, ...copy, '-c', 'copy', '-f', 's16le', 'pipe:1'],
    write: ['sh', '-c', 'cat > "$0"', `${folder}/two words`],
    env: {},
  }
  const { helperCpu, helperMemory } = await runShellPipeline(stages)
  t.ok(Number.isFinite(helperCpu) && Number.isFinite(helperMemory))
  t.equal(readFileSync(`${folder}/two words`).length, 1_000_000)
  for (const broken of ['read', 'write'] as const) {
    const failing = { ...stages, [broken]: ['sh', '-c', 'echo no luck >&2; exit 3'] }
    await t.rejects(runShellPipeline(failing), { message: /exited with \d+: no luck/ }, broken)
  }
})

t.test('names the peers of this project with their versions, and refuses an unknown one', async t => {
  t.match(await findPeers(['mediabunny', 'ffmpeg', 'mediabunny']), {
    mediabunny: { version: /^\d/ },
    ffmpeg: { version: /^\d|unknown/ },
  })
  await t.rejects(findPeers(['none']), { message: /^No peer none; there are awscli, rclone, / })
})

t.test('a contender does some of the work before the clock starts, if the topic wants that', async t => {
  const sizes: number[] = []
  const contender = async ({ size }: { size: number }) => sizes.push(size)
  const arena = { size: 9 } as Parameters<typeof warmUp>[2]
  const load = () => Promise.reject(new Error('not needed'))
  await warmUp({}, contender, arena, load)
  t.same(sizes, [])
  await warmUp({ warmUp: 4 }, contender, arena, load)
  t.same(sizes, [4])
})

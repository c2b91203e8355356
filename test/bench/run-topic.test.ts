import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CURVES, quickCurve, runCurve } from '../../bench/curves.js'
import { topic as read } from '../../bench/read.js'
import { topic as remux } from '../../bench/remux-unshaped.js'
import { report } from '../../bench/support/report.js'
import { AGAINST } from '../../bench/support/results.js'
import { checkStored, runTopic } from '../../bench/support/run-topic.js'
import { MiB } from '../../lib/options.js'
import { LocalS3 } from '../../lib/testing/index.js'

const library = new URL('../../dist/index.js', import.meta.url).href

t.test('runs each contender in every round, ours also as of another commit', async t => {
  const folder = t.testdir({ 'other.mjs': `export * from ${JSON.stringify(library)}\n` })
  const against = { hash: '0123456789abcdef', library: `file://${join(folder, 'other.mjs')}` }
  const small = { ...read, quickSize: 2 * MiB }
  const result = await runTopic('read', small, { rounds: 2, quick: true, library, peers: {}, against })
  t.same(Object.keys(result.contenders), [
    'S3RangeReadable',
    `S3RangeReadable${AGAINST}`,
    'one GetObject body',
  ])
  for (const [name, { wall, cpu, memory }] of Object.entries(result.contenders)) {
    t.ok(wall.least > 0 && wall.least <= wall.median && wall.median <= wall.most, `${name}: a spread`)
    t.ok(cpu.median > 0, `${name} takes CPU time`)
    t.ok(memory.median >= 0, `${name} takes memory`)
  }
  t.match(result, { size: 2 * MiB, against: '012345678', origin: { rounds: 2, quick: true } })
  const text = report(result)
  t.match(text, /^S3RangeReadable of the other commit +[\d.]+ s/m)
  t.match(text, /^÷ the other commit +wall +CPU +memory\nS3RangeReadable +[\d.]+ × +[\d.]+ ×/m)
  t.match(text, /medians of 2 interleaved rounds; small sizes/)
})

t.test('leaves a peer out that is missing or fails, with the reason, and measures the others', async t => {
  const blog = 'GetObject, spawn, Upload'
  const { contenders } = remux
  const topic = {
    ...remux,
    quickSize: MiB,
    contenders: Object.fromEntries(
      ['avio-streams', 'GetObject, fluent-ffmpeg, Upload', blog, 'ffmpeg file → file'].map(name => [
        name,
        contenders[name]!,
      ]),
    ),
  }
  const peers = {
    // A package that is no ffmpeg.
    'fluent-ffmpeg': { path: 'node:path', version: '1' },
    '@aws-sdk/lib-storage': { reason: 'no registry answers' },
  }
  const run = { rounds: 1, quick: true, library, peers, against: undefined }
  const result = await runTopic('remux-unshaped', topic, run)
  t.same(Object.keys(result.contenders), ['avio-streams', 'ffmpeg file → file'])
  t.equal(result.missing[blog], 'no registry answers')
  t.match(result.missing['GetObject, fluent-ffmpeg, Upload'], /failed/)
  t.match(report(result), `${blog}: not measured, no registry answers`)
})

t.test('a copy counts that is there, whole, and new', async t => {
  const s3 = await LocalS3.start({ buckets: ['bench'], publicRead: true })
  const store = { arena: { client: s3.clientConfig(), bucket: 'bench', key: 'source' } }
  try {
    await t.rejects(checkStored(store, 'copy', 1000), { message: /\(status 404\)/ })
    s3.put('bench', 'copy', Buffer.alloc(899))
    await t.rejects(checkStored(store, 'copy', 1000), { message: /^of 1000 bytes, 899 were stored/ })
    s3.put('bench', 'copy', Buffer.alloc(900))
    await checkStored(store, 'copy', 1000)
    await t.rejects(checkStored(store, 'copy', 1000), { message: /404/ }, 'the next way has to store its own')
  } finally {
    await s3.close()
  }
})

t.test('a contender of ours that fails ends the benchmark; it runs without a loader', async t => {
  const folder = t.testdir()
  const broken = join(folder, 'broken.mjs')
  writeFileSync(
    broken,
    'export class S3RangeReadable { constructor() { throw new Error(`no luck [${process.execArgv}]`) } }\n',
  )
  const run = { rounds: 1, quick: true, library: `file://${broken}`, peers: {}, against: undefined }
  await t.rejects(runTopic('read', { ...read, quickSize: MiB }, run), {
    message: 'read: S3RangeReadable failed: no luck []',
  })
})

t.test('measures the points of a curve, with the requests of each', async t => {
  const curve = { ...CURVES['connections']!, values: [1, 4], size: MiB, store: () => 'unshaped' as const }
  const { points, setting } = await runCurve(curve, { rounds: 1, quick: false, library })
  t.match(setting, /^1 MiB, /)
  t.same(
    points.map(({ x, line }) => `${line} ${x}`),
    ['read 1', 'upload 1', 'read 4', 'upload 4'],
  )
  for (const { line, bytes, wall, reads, writes } of points) {
    t.equal(bytes, MiB)
    t.ok(wall.median > 0)
    t.ok(line === 'read' ? reads >= 1 && writes === 0 : writes >= 1, `${line}: ${reads} and ${writes}`)
  }
  const pipelines = { ...CURVES['pipelines']!, values: [3], size: MiB }
  const several = await runCurve(pipelines, { rounds: 1, quick: false, library })
  t.match(several.points, [{ x: 3, bytes: 3 * MiB }], 'all pipelines of a process count')
  t.equal(quickCurve(CURVES['connections']!).values.length, 3)
})

t.test('the contenders measured are those of the library as built', t => {
  const bundle = readFileSync(new URL('../../.build/contenders/read.mjs', import.meta.url), 'utf8')
  t.notMatch(bundle, 'class S3RangeReadable', 'the library is no part of the contender')
  t.match(bundle, 'arena.library')
  t.end()
})

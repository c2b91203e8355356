import { existsSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import t from 'tap'
import { BUILD, ROOT } from '../program.js'
import { Needs, type Plan, SETTLED_BY_ONE_RUN, SURVEYS, groups, sourceOf } from './needs.js'

/** The needs of a test file with this code, among these other files. */
function needs(code: string, others: Record<string, string> = {}): Needs {
  const files = new Map(Object.entries({ 'test/io/x.test.js': code, ...others }))
  return new Needs(path => {
    const found = files.get(relative(BUILD, path))
    if (found === undefined) throw new Error(`${path} is not there`)
    return found
  })
}

/** How it runs. */
function placeOf(code: string, others?: Record<string, string>): keyof Plan {
  const plan = needs(code, others).plan(['test/io/x.test.ts'])
  return (['together', 'beside', 'alone'] as const).find(place => plan[place].length === 1)!
}

t.test('files that reach neither a child nor a network share a process', async t => {
  t.equal(placeOf('import t from "tap";\nimport { readFile } from "node:fs/promises";\n'), 'together')
  const one = 'import {\n  a,\n  b\n} from "../../lib/io/x.js";\n'
  const source = 'import { Readable } from "node:stream";\nexport const a = 1;\n'
  t.equal(placeOf(one, { 'lib/io/x.js': source }), 'together')
  for (const [place, names] of [
    ['beside', ['node:child_process', 'child_process', 'node:net', 'node:http', '@aws-sdk/client-s3']],
    ['alone', ['node:http2', 'node:vm', 'node:v8', 'vm', 'avio-streams/testing', 'typescript']],
  ] as const) {
    for (const name of names) {
      t.equal(placeOf(`import { x } from "${name}";\n`), place, name)
      for (const by of [
        `import "${name}";\n`,
        `export * from "${name}";\n`,
        `const x = await import("${name}");\n`,
      ]) {
        t.equal(placeOf(one, { 'lib/io/x.js': 'import "./y.js";\n', 'lib/io/y.js': by }), place, by)
      }
    }
  }
  t.equal(placeOf('import { x } from "node:network-not";\n'), 'together', 'a whole name, not its beginning')
  t.equal(placeOf(one, {}), 'alone', 'a file that imports uncompiled code')
  t.equal(
    placeOf(one, { 'lib/io/x.js': 'import "./x.js";\nimport "../../test/io/x.test.js";\n' }),
    'together',
    'a circle',
  )
})

t.test('files that change their process run alone', async t => {
  for (const code of [
    'process.chdir("/");',
    'process.on("warning", hear);',
    'setMemoryBudget(100);',
    't.match(memoryUse(), {});',
    't2.mockImport("../x.js", {});',
  ]) {
    t.equal(placeOf(code), 'alone', code)
    t.equal(
      placeOf('import "../support/x.js";\n', { 'test/support/x.js': code }),
      'alone',
      `a helper’s ${code}`,
    )
    t.equal(placeOf('import "../../lib/x.js";\n', { 'lib/x.js': code }), 'together', `the library’s ${code}`)
  }
  t.equal(
    placeOf('import "../support/x.js";\n', { 'test/support/x.js': 'import t from "tap";\n' }),
    'alone',
    'tap’s root',
  )
})

t.test('files with children and sockets that look at others run alone', async t => {
  const reaching = 'import "node:child_process";\n'
  for (const code of [
    'childrenOf(process.pid);',
    'process.env["PATH"] = "/";',
    'process.env.PATH = "/";',
    'Object.assign(process.env, storeEnvironment(s3));',
    'delete process.env["PATH"];',
    'Reflect.deleteProperty(process.env, "PATH");',
    'readdirSync("/proc/self/fd");',
    'process.getActiveResourcesInfo();',
    'process.kill(pid);',
    'performance.now();',
    'channel.subscribe(hear);',
    'import "ioredis";',
    'import "bullmq";',
  ]) {
    t.equal(placeOf(`${reaching}${code}\n`), 'alone', code)
    t.equal(placeOf(`${code}\n`), 'together', `${code} without a child`)
  }
  for (const code of ['process.env["PATH"] === "/";', 'process.env.PATH;', 'process.platform;'])
    t.equal(placeOf(`${reaching}${code}\n`), 'beside', code)
})

t.test('files of rooms whose tests take longer than the start of a process run alone', async t => {
  const reaching = new Needs(() => 'import "node:child_process";\n')
  const { beside, alone } = reaching.plan(['test/s3/x.test.ts', 'test/job/x.test.ts', 'test/sweep/x.test.ts'])
  t.same([beside, alone], [['test/s3/x.test.ts'], ['test/job/x.test.ts', 'test/sweep/x.test.ts']])
})

t.test('groups have each file once, and neighbours are apart', async t => {
  t.same(groups(['a', 'b', 'c', 'd', 'e'], 2), [['a', 'd'], ['b', 'e'], ['c']])
  t.same(groups(['a', 'b', 'c', 'd'], 2), [
    ['a', 'c'],
    ['b', 'd'],
  ])
  t.same(groups(['a'], 8), [['a']])
  t.same(groups([], 8), [])
})

t.test('finds files that another Node or ffmpeg cannot affect', async t => {
  const varies = (code: string, others?: Record<string, string>) =>
    needs(code, others).dependsOnVersions('test/io/x.test.ts')
  const one = 'import t from "tap";\nimport { a } from "../../lib/io/x.js";\n'
  t.equal(
    varies(one, {
      'lib/io/x.js': 'import { join } from "node:path";\nimport { inspect } from "node:util";\n',
    }),
    false,
  )
  for (const name of [
    'node:stream',
    'node:fs/promises',
    'node:child_process',
    'mux.js',
    '@aws-sdk/client-s3',
  ]) {
    t.equal(varies(one, { 'lib/io/x.js': `import "${name}";\n` }), true, name)
  }
  t.equal(varies(one), true, 'nor is an unknown file')
  const file = 'test/bench/farm.test.ts'
  const reached = { 'test/bench/farm.test.js': 'import "node:child_process";\n' }
  t.equal(needs('', reached).dependsOnVersions(file), false, 'nor one that a single run settles')
})

t.test('finds files that versions between the oldest and the newest need', async t => {
  const reachesNode = 'import "node:stream";\n'
  const between = (file: string, source: string, test = reachesNode) => {
    const files = { [sourceOf(file).replace('.ts', '.js')]: source, 'lib/io/y.js': reachesNode }
    return needs('', { [file.replace('.ts', '.js')]: test, ...files }).dependsOnVersionsBetween(file)
  }
  for (const name of ['node:stream', 'node:http', 'node:fs/promises', '@aws-sdk/client-s3', 'bullmq'])
    t.equal(between('test/hls/x.test.ts', `import { a } from "${name}";\n`), true, name)
  for (const name of ['node:path', '../io/y.js'])
    t.equal(between('test/hls/x.test.ts', `import { a } from "${name}";\n`), false, name)
  t.equal(between('test/hls/x.faults.test.ts', reachesNode), true, 'each test of that source')
  t.equal(between('test/hls/x.test.ts', reachesNode, ''), false, 'only if it depends on a version at all')
  for (const room of ['io', 's3', 'ffmpeg/args', 'testing', 'integration'])
    t.equal(between(`test/${room}/x.test.ts`, ''), true, room)
  t.equal(between('test/io/x.test.ts', '', ''), false)
  t.equal(between('test/examples/x.test.ts', ''), false)
})

/** All test files. */
const ALL = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.test.ts'))
  .map(name => `test/${name.split(sep).join('/')}`)

t.test('each reason why one run of a test is enough has tests, and each such test one reason', t => {
  for (const { files, because } of SETTLED_BY_ONE_RUN)
    t.ok(
      ALL.some(file => files.test(file)),
      because,
    )
  t.same(
    ALL.filter(file => SETTLED_BY_ONE_RUN.filter(({ files }) => files.test(file)).length > 1),
    [],
  )
  t.end()
})

t.test('surveys run on the newest versions, and have tests beside them that run on every one', t => {
  const needs = new Needs()
  const surveys = ALL.filter(file => SURVEYS.test(file))
  t.ok(surveys.length > 0)
  for (const file of surveys) {
    t.ok(needs.dependsOnVersions(file), file)
    t.notOk(needs.dependsOnVersionsBetween(file), file)
    const beside = ALL.filter(other => other !== file && sourceOf(other) === sourceOf(file))
    t.ok(beside.length > 0, file)
  }
  t.end()
})

t.test('another Node or ffmpeg runs the tests of the library, except for queues', t => {
  const settled = ALL.filter(file => SETTLED_BY_ONE_RUN.some(({ files }) => files.test(file)))
  const ofLibrary = settled.filter(file => existsSync(join(ROOT, sourceOf(file))))
  const others = ofLibrary.filter(file => !file.startsWith('test/engines/bullmq/'))
  // Of a source with several test files, the others run.
  t.same(others, ['test/job/split/check-results.mixed.test.ts'])
  const needs = new Needs()
  for (const file of [
    ...['test/job/split/check-results.test.ts', 'test/job/split/run-split.sources.test.ts'],
    ...['test/io/pipeline/lending.test.ts', 'test/sweep/routes.test.ts', 'test/examples/transcode.test.ts'],
    ...['test/engines/steps/run-piece.test.ts', 'test/cli/commands/worker-command.test.ts'],
  ]) {
    t.ok(needs.dependsOnVersions(file), file)
  }
  t.end()
})

t.test('versions between run the tests of streams, stores, children and ffmpeg', t => {
  const needs = new Needs()
  const between = ALL.filter(file => needs.dependsOnVersionsBetween(file))
  for (const file of [
    ...['test/io/pipeline/pipe-check.stages.test.ts', 'test/s3/s3-multipart-writable.faults.test.ts'],
    ...['test/ffmpeg/ffmpeg-process.test.ts', 'test/ffmpeg/route/input-route.test.ts'],
    ...[
      'test/mp4/fmp4-validator.test.ts',
      'test/job/split/encode-piece.test.ts',
      'test/integration/pipeline.test.ts',
    ],
  ])
    t.ok(between.includes(file), file)
  for (const file of ['test/job/split/run-split.sources.test.ts', 'test/examples/transcode.test.ts'])
    t.notOk(between.includes(file), file)
  t.end()
})

import { existsSync, readdirSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import t from 'tap'
import { BUILD, ROOT } from '../program.js'
import { Needs, SETTLED_BY_ONE_RUN, SURVEYS, sourceOf } from './needs.js'

/** The needs of a test file with this code, among these other files. */
function needs(code: string, others: Record<string, string> = {}): Needs {
  const files = new Map(Object.entries({ 'test/io/x.test.js': code, ...others }))
  return new Needs(path => {
    const found = files.get(relative(BUILD, path))
    if (found === undefined) throw new Error(`${path} is not there`)
    return found
  })
}

/** Whether it shares a process. */
function shares(code: string, others?: Record<string, string>): boolean {
  const { together, alone } = needs(code, others).plan(['test/io/x.test.ts'])
  t.equal(together.length + alone.length, 1)
  return together.length === 1
}

t.test('files that reach neither a child nor a network share a process', async t => {
  t.equal(shares('import t from "tap";\nimport { readFile } from "node:fs/promises";\n'), true)
  const one = 'import {\n  a,\n  b\n} from "../../lib/io/x.js";\n'
  t.equal(
    shares(one, { 'lib/io/x.js': 'import { Readable } from "node:stream";\nexport const a = 1;\n' }),
    true,
  )
  for (const name of [
    'node:child_process',
    'child_process',
    'node:net',
    'node:http2',
    'node:vm',
    '@aws-sdk/client-s3',
  ]) {
    t.equal(shares(`import { x } from "${name}";\n`), false, name)
    for (const by of [
      `import "${name}";\n`,
      `export * from "${name}";\n`,
      `const x = await import("${name}");\n`,
    ]) {
      t.equal(shares(one, { 'lib/io/x.js': 'import "./y.js";\n', 'lib/io/y.js': by }), false, by)
    }
  }
  t.equal(shares('import { x } from "node:network-not";\n'), true, 'a whole name, not its beginning')
  t.equal(shares(one, {}), false, 'nor does a file that imports uncompiled code')
  t.equal(
    shares(one, { 'lib/io/x.js': 'import "./x.js";\nimport "../../test/io/x.test.js";\n' }),
    true,
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
    t.equal(shares(code), false, code)
    t.equal(shares('import "../support/x.js";\n', { 'test/support/x.js': code }), false, `a helper’s ${code}`)
    t.equal(shares('import "../../lib/x.js";\n', { 'lib/x.js': code }), true, `the library’s ${code}`)
  }
  t.equal(
    shares('import "../support/x.js";\n', { 'test/support/x.js': 'import t from "tap";\n' }),
    false,
    'tap’s root',
  )
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
  for (const room of ['io', 's3', 'ffmpeg/args', 'testing', 'sweep', 'integration'])
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
    ...[
      'test/ffmpeg/ffmpeg-process.test.ts',
      'test/ffmpeg/route/input-route.test.ts',
      'test/sweep/routes.test.ts',
    ],
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

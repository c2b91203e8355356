import { relative } from 'node:path'
import t from 'tap'
import { BUILD } from '../program.js'
import { Needs } from './needs.js'

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
  for (const file of ['test/layout.test.ts', 'test/docs/code.test.ts', 'test/support/report.test.ts']) {
    t.equal(needs('').dependsOnVersions(file), false, file)
  }
})

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { installPacked, pack } from './packed-app.js'

const run = promisify(execFile)

// Outside the repository, because a folder inside it would find its node_modules.
const folder = await mkdtemp(join(tmpdir(), 'avio-streams-package-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const app = join(folder, 'app')
const tarball = await pack(folder)
await installPacked(app, tarball)
const library = join(app, 'node_modules', 'avio-streams')
const { exports } = JSON.parse(await readFile(join(library, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { types: string; default: string }>
}

/** The entry points: `avio-streams`, `avio-streams/testing` … */
const entries = Object.entries(exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([subpath]) => subpath.replace(/^\./, 'avio-streams'))

/** Runs a module of the app, and returns what it prints as JSON. */
async function inApp(name: string, code: string): Promise<unknown> {
  await writeFile(join(app, name), code)
  const { stdout, stderr } = await run(process.execPath, [join(app, name)], { cwd: app })
  t.notMatch(stderr, /avio-streams/, 'no warning that names the package')
  return JSON.parse(stdout)
}

const IMPORT_ALL = `
const entries = ${JSON.stringify(entries)}
const modules = await Promise.all(entries.map(name => import(name)))
`

t.test('has the promised entry points, and no sources', async t => {
  t.ok(entries.includes('avio-streams') && entries.includes('avio-streams/testing'), entries.join())
  const files = (await readdir(library, { recursive: true })).filter(name => /\.([cm]?[jt]s|map)$/.test(name))
  t.same(
    files.filter(name => !/^dist.([\w-]+|chunks.[\w-]+)\.(d\.ts|js)$/.test(name)),
    [],
  )
})

t.test('shares its classes between all entry points', async t => {
  const seen = await inApp(
    'shared.js',
    `${IMPORT_ALL}
const { AvioError } = modules[entries.indexOf('avio-streams')]
const { LocalS3 } = modules[entries.indexOf('avio-streams/testing')]
const error = await LocalS3.start({ buckets: 7 }).catch(error => error)
const copies = {}
for (const module of modules) {
  for (const [name, value] of Object.entries(module)) (copies[name] ??= new Set()).add(value)
}
console.log(JSON.stringify({
  isOurs: error instanceof AvioError,
  code: error.code,
  twice: Object.keys(copies).filter(name => copies[name].size > 1),
}))`,
  )
  t.same(seen, { isOurs: true, code: 'AVIO_ERR_OPTION', twice: [] })
})

t.test('keeps registered symbols and class names', async t => {
  const seen = (await inApp(
    'names.js',
    `${IMPORT_ALL}
const all = modules.flatMap(module => Object.entries(module))
const isClass = value => typeof value === 'function' && /^class\\b/.test(Function.prototype.toString.call(value))
console.log(JSON.stringify({
  symbols: all.filter(([, value]) => typeof value === 'symbol').map(([name, value]) => [name, Symbol.keyFor(value)]),
  classes: all.filter(([, value]) => isClass(value)).map(([name, value]) => [name, value.name]),
}))`,
  )) as { symbols: [string, string | undefined][]; classes: [string, string][] }
  const symbols = Object.fromEntries(seen.symbols)
  t.equal(symbols['LINK'], 'avio-streams.link/1')
  t.equal(symbols['COMMIT'], 'avio-streams.commit/1')
  t.ok(seen.classes.length > 20)
  for (const [name, own] of seen.classes) t.equal(own, name)
})

t.test('works by require() as by import', async t => {
  const names = await inApp(
    'names.cjs',
    `console.log(JSON.stringify(${JSON.stringify(entries)}.map(name => Object.keys(require(name)).sort())))`,
  )
  const imported = await inApp(
    'imported.js',
    `${IMPORT_ALL}console.log(JSON.stringify(modules.map(module => Object.keys(module).sort())))`,
  )
  t.same(names, imported)
})

t.test('declares exactly its values', async t => {
  for (const entry of entries) {
    const target = exports[entry.replace('avio-streams', '.')] as { types: string }
    const declarations = await readFile(join(library, target.types), 'utf8')
    const declared = [...declarations.matchAll(/^export \{ (.*) \}(?: from '.*')?;$/gm)]
      .flatMap(([, list]) => list!.split(', '))
      .map(part => part.split(' as ').at(-1))
    const had = await inApp(
      'had.js',
      `console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(entry)}))))`,
    )
    t.same(declared.sort(), (had as string[]).sort(), entry)
  }
})

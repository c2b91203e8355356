/**
 * Builds `dist/`: one JavaScript and one declaration file for each entry point in package.json, over shared chunks; and
 * `job.schema.json`, the JSON Schema of a job. The source of an entry point has the same name below `lib/`:
 * `dist/testing.js` is built from `lib/testing.ts` or `lib/testing/index.ts`.
 *
 * The chunks are shared because separate bundles would each have their own classes, and `instanceof AvioError` would be
 * false between them. The same holds for declarations: classes with private fields are distinct types. No source maps:
 * the code is not minified, and a comment before each module gives its path in `lib/`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import esbuild from 'esbuild'
import { rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'

const root = path.dirname(import.meta.dirname)
process.chdir(root)
const at = (...names) => path.join(root, ...names)

/** The names of entry points: every `dist/<name>.js` among the exports, or the commands, of package.json. */
function entryNames(targets) {
  return targets.map(file => /^(?:\.\/)?dist\/(.+)\.js$/.exec(file)?.[1]).filter(name => name !== undefined)
}

/** The source of an entry point, without its extension: `lib/index`, `lib/testing/index`. */
function sourceOf(name) {
  const found = [name, `${name}/index`].find(source => existsSync(at('lib', `${source}.ts`)))
  if (found === undefined) throw new Error(`package.json names dist/${name}.js, which has no source in lib/`)
  return found
}

const { exports: exported, bin = {} } = JSON.parse(readFileSync(at('package.json'), 'utf8'))
const libraries = entryNames(Object.values(exported).map(target => target.default ?? target))
const names = [...libraries, ...entryNames(Object.values(bin))]
const entries = Object.fromEntries(names.map(name => [name, sourceOf(name)]))
const making = at('.build', `package-${process.pid}`)

/** Resolves to the exports of each entry point, by its name. */
async function bundleCode() {
  const { outputFiles, metafile } = await esbuild.build({
    entryPoints: Object.fromEntries(names.map(name => [name, `lib/${entries[name]}.ts`])),
    outdir: path.join(making, 'dist'),
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    metafile: true,
    write: false,
    logLevel: 'warning',
  })
  for (const { path: file, text } of outputFiles) {
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, await withoutDocblocks(named(text)))
  }
  const nameOf = file => path.relative(path.join(making, 'dist'), path.resolve(file)).replace(/\.js$/, '')
  return Object.fromEntries(
    Object.entries(metafile.outputs).map(([file, output]) => [nameOf(file), output.exports]),
  )
}

/**
 * For a class that refers to itself, esbuild writes `var Box = class _Box {`: this restores the name, on the same line.
 */
function named(text) {
  const own = name =>
    `static { Object.defineProperty(this, "name", { value: "${name}", configurable: true }); }`
  return text.replace(/^(?:var|let|const) (\w+) = class _\1\b.*\{$/gm, (line, name) => `${line} ${own(name)}`)
}

/**
 * Without docblocks. esbuild keeps only those of class members, and the declarations have them, too. A multi-line string
 * could contain the same characters, so the rest must not change.
 */
async function withoutDocblocks(text) {
  const short = text.replace(/^[ \t]*\/\*\*.*?\*\/[ \t]*\n/gms, '')
  const [before, after] = await Promise.all(
    [text, short].map(async code => (await esbuild.transform(code, { minifyWhitespace: true })).code),
  )
  if (before !== after) throw new Error('Something that looks like a docblock is not a comment.')
  return short
}

/** Has the compiler write the declarations of each file and check the types, then bundles those of each entry point. */
async function bundleTypes() {
  const types = path.join(making, 'types')
  const options = ['--project', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', types]
  const tsc = spawn(process.execPath, [at('node_modules', 'typescript', 'bin', 'tsc'), ...options], {
    stdio: 'inherit',
  })
  const [code] = await once(tsc, 'exit')
  if (code !== 0) throw new Error('The library does not compile: see above.')
  const bundle = await rollup({
    // A command exports nothing.
    input: Object.fromEntries(libraries.map(name => [name, path.join(types, `${entries[name]}.d.ts`)])),
    plugins: [dts()],
    external: id => !id.startsWith('.') && !path.isAbsolute(id),
  })
  const { output } = await bundle.generate({
    entryFileNames: '[name].d.ts',
    chunkFileNames: 'chunks/types-[hash].d.ts',
    minifyInternalExports: false,
  })
  await bundle.close()
  return output
}

/** The JSON Schema of a job, from the schema by which the library itself checks jobs. */
async function writeJobSchema() {
  const { jobJsonSchema } = await import(pathToFileURL(path.join(making, 'dist', 'job.js')).href)
  await writeFile(path.join(making, 'dist', 'job.schema.json'), `${JSON.stringify(jobJsonSchema())}\n`)
}

/** The declaration bundler does not preserve that a class exported only as a type has no value to import. */
function withTypesApart(code, values) {
  return code.replace(/^export \{ (.*) \}( from '.*')?;$/gm, (_statement, list, from = '') => {
    const exported = list.split(', ')
    const isValue = part => values.has(part.split(' as ').at(-1))
    const statement = (keyword, parts) => (parts.length ? `${keyword} { ${parts.join(', ')} }${from};\n` : '')
    const types = exported.filter(part => !isValue(part))
    return statement('export', exported.filter(isValue)) + statement('export type', types)
  })
}

try {
  const [exportsOf, types] = await Promise.all([bundleCode(), bundleTypes()])
  for (const { fileName, code, isEntry, name } of types) {
    const file = path.join(making, 'dist', fileName)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, isEntry ? withTypesApart(code, new Set(exportsOf[name])) : code)
  }
  await writeJobSchema()
  await rm(at('dist'), { recursive: true, force: true })
  await rename(path.join(making, 'dist'), at('dist'))
} finally {
  await rm(making, { recursive: true, force: true })
}

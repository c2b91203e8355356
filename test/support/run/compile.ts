import { transform } from 'esbuild'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BUILD, ROOT, compiledOf } from '../program.js'
import { withOwnTest } from './own-test.js'

/**
 * Compiles the library and all files that its tests import, one by one, into `.build/`, so that processes need no
 * loader. It takes a second, and skips unchanged files.
 *
 * In a compiled module `import.meta` names the .ts file, so that everything found relative to it (a fixture, a page, a
 * program) is that of the working tree.
 */

const FOLDERS = ['lib', 'test', 'examples', 'bench']

/** In `.build/`: the hashes of the sources compiled last time. */
const MANIFEST = join(BUILD, 'sources.json')

/** The code of each source that was compiled, by its path from the root, with `/`. */
export async function compile(): Promise<Set<string>> {
  // Other compiler settings give other results.
  const salt = ['compile.ts', 'own-test.ts'].map(name =>
    readFileSync(join(import.meta.dirname, name), 'utf8'),
  )
  const sources = new Map(sourceFiles().map(file => [file, readFileSync(join(ROOT, file), 'utf8')]))
  const hashes = new Map([...sources].map(([file, text]) => [file, hashOf(...salt, text)]))
  const before = compiledBefore()
  for (const file of before.keys()) if (!sources.has(file)) remove(file)
  const changed = [...sources].filter(([file]) => before.get(file) !== hashes.get(file))
  await Promise.all(changed.map(([file, text]) => compileFile(file, text)))
  if (changed.length > 0 || hashes.size !== before.size) {
    mkdirSync(BUILD, { recursive: true })
    // In one step, because another run may be reading it.
    const written = `${MANIFEST}.${process.pid}`
    writeFileSync(written, JSON.stringify(Object.fromEntries(hashes)))
    renameSync(written, MANIFEST)
  }
  return new Set(sources.keys())
}

function sourceFiles(): string[] {
  return FOLDERS.flatMap(folder =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map(name => `${folder}/${name.split(sep).join('/')}`),
  )
}

function hashOf(...texts: string[]): string {
  const hash = createHash('sha1')
  for (const text of texts) hash.update(text).update('\0')
  return hash.digest('base64')
}

function compiledBefore(): Map<string, string> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(MANIFEST, 'utf8')) as Record<string, string>))
  } catch {
    rmSync(BUILD, { recursive: true, force: true })
    return new Map()
  }
}

function remove(file: string) {
  const compiled = compiledOf(join(ROOT, file))
  for (const name of [compiled, `${compiled}.map`]) rmSync(name, { force: true })
}

async function compileFile(file: string, text: string) {
  const source = join(ROOT, file)
  const { code, map } = await transform(text, {
    loader: 'ts',
    format: 'esm',
    target: 'es2023',
    sourcemap: 'external',
    sourcesContent: false,
    sourcefile: source,
    ...(text.includes('import.meta') && {
      define: {
        'import.meta.url': JSON.stringify(pathToFileURL(source).href),
        'import.meta.filename': JSON.stringify(source),
        'import.meta.dirname': JSON.stringify(dirname(source)),
      },
    }),
  })
  const compiled = compiledOf(source)
  mkdirSync(dirname(compiled), { recursive: true })
  const own = file.endsWith('.test.ts') ? withOwnTest(code, file) : code
  writeFileSync(compiled, `${own}//# sourceMappingURL=${basename(compiled)}.map\n`)
  writeFileSync(`${compiled}.map`, map)
}

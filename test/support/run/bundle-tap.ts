import { build } from 'esbuild'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { BUILD } from '../program.js'

const require = createRequire(import.meta.url)

/** Gives CommonJS modules in the bundle their `require`. Modules in it have names of their own for that import. */
const REQUIRE = `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`

/**
 * Bundles tap into one file below `.build/`, where compiled tests find it before the package in `node_modules/`: its
 * some hundred modules take half of the time in which a test's process starts. Does nothing if tap is unchanged.
 *
 * @param root - the folder of the compiled tests
 * @returns whether it made a bundle
 */
export async function bundleTap(root = BUILD): Promise<boolean> {
  const modules = join(root, 'node_modules')
  const folder = join(modules, 'tap')
  const version = versionOf()
  if (bundledVersion(folder) === version) return false
  await build({
    entryPoints: [join(dirname(require.resolve('tap/package.json')), 'dist', 'esm', 'index.js')],
    // tap leaves its own packages out of stacks, by their place.
    outfile: join(modules, '@tapjs', 'bundle', 'index.js'),
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning' },
    banner: { js: REQUIRE },
  })
  mkdirSync(folder, { recursive: true })
  const all = '../@tapjs/bundle/index.js'
  writeFileSync(join(folder, 'index.js'), `export * from '${all}'; export { default } from '${all}'\n`)
  // Last: without it there is no package.
  const manifest = { name: 'tap', version, type: 'module', exports: './index.js' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  return true
}

/** Changes with tap, with the plugins it was built with, with esbuild and with this file. */
function versionOf(): string {
  const plugins = join(dirname(require.resolve('@tapjs/test/package.json')), 'test-built/dist/esm/index.js')
  const parts = [plugins, require.resolve('tap/package.json'), require.resolve('esbuild/package.json')]
  const hash = createHash('sha1')
  for (const file of [...parts, join(import.meta.dirname, 'bundle-tap.ts')]) hash.update(readFileSync(file))
  return `0.0.0-${hash.digest('hex')}`
}

function bundledVersion(folder: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version
  } catch {
    return undefined
  }
}

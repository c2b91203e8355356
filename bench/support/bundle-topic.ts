import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as esbuild from 'esbuild'

const BENCH = fileURLToPath(new URL('..', import.meta.url))

/** Everything found relative to a source is found in the working tree, wherever the bundle is. */
export const ownPlaces: esbuild.Plugin = {
  name: 'own places',
  setup: build => {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const contents = source
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
      return { contents, loader: 'ts' }
    })
  },
}

/**
 * A topic's contenders as one program without a loader, so that the start of a process is that of a user's: packages
 * stay outside, the library is imported by the URL that the arena gives.
 *
 * @returns the program's path
 */
export async function bundleTopic(name: string): Promise<string> {
  const outfile = join(BENCH, '..', '.build', 'contenders', `${name}.mjs`)
  const contents = [
    `import { topic } from './${name}.ts'`,
    `import { compete } from './support/contender-process.ts'`,
    'await compete(topic)',
  ].join('\n')
  await esbuild.build({
    stdin: { contents, resolveDir: BENCH, loader: 'ts', sourcefile: `${name}.entry.ts` },
    ...{ outfile, bundle: true, packages: 'external', format: 'esm', platform: 'node', target: 'node20' },
    plugins: [ownPlaces],
    logLevel: 'warning',
  })
  return outfile
}

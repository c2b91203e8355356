import * as esbuild from 'esbuild'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BUILD, programArgs } from '../../support/program.js'
import { ownPlaces } from '../../../bench/support/bundle-topic.js'

/** Where the programs of this folder are, once they are compiled. */
const FOLDER = join(BUILD, 'programs')

/** Gives CommonJS packages in the bundle their `require`. */
const REQUIRE = `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`

let isCompiled = false

/**
 * Bundles the programs of this folder with all packages, as they start hundreds of times: from a file or two each in place
 * of more than a thousand.
 */
export async function compilePrograms(): Promise<void> {
  await esbuild.build({
    entryPoints: ['worker.ts', 'add-batch.ts'].map(name => join(import.meta.dirname, name)),
    outdir: FOLDER,
    outExtension: { '.js': '.mjs' },
    ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20' },
    banner: { js: REQUIRE },
    plugins: [ownPlaces],
    logLevel: 'warning',
  })
  isCompiled = true
}

/** What `node` takes to run one of them. */
export function argsOf(source: URL): string[] {
  return isCompiled
    ? [join(FOLDER, basename(fileURLToPath(source)).replace(/ts$/, 'mjs'))]
    : programArgs(source)
}

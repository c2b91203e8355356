import { build } from 'esbuild'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { COMMAND, ROOT, compiledOf } from '../program.js'

/** Gives CommonJS modules in the bundle their `require`. Modules in it have names of their own for that import. */
const REQUIRE = `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`

/** This file, from the root. */
const OWN = 'test/support/run/bundle-command.ts'

/** How long parts that are no longer used stay, in milliseconds: no run takes as long. */
const KEPT = 24 * 3600 * 1000

/** Peers that a user may not have: found when they are needed, as in the package. */
const PEERS = ['bullmq', 'ffmpeg-static', 'ioredis', 'pg']

/**
 * Bundles the compiled command with its packages into `folder`, as tests start it hundreds of times: from some files in
 * place of more than a thousand, in less than half of the CPU time. Does nothing if all that went into the last bundle is
 * unchanged.
 *
 * @returns whether it made a bundle
 */
export async function bundleCommand(folder = COMMAND): Promise<boolean> {
  const made = join(folder, 'made.json')
  if (isUnchanged(made)) return false
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [compiledOf(join(ROOT, 'lib/cli.ts'))],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    ...{
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'warning',
    },
    // The SDK's own modules: half of them load in their other form for an import, which takes longer.
    mainFields: ['module', 'main'],
    external: PEERS,
    banner: { js: REQUIRE },
    ...{ metafile: true, write: false },
  })
  mkdirSync(folder, { recursive: true })
  const entry = join(folder, 'cli.mjs')
  // The entry comes last: until then that of before starts, with its own parts. Their names tell their contents.
  const ordered = [...outputFiles].sort((a, b) => Number(a.path === entry) - Number(b.path === entry))
  for (const { path, contents } of ordered) replace(path, contents)
  replace(
    made,
    JSON.stringify(
      Object.fromEntries([...Object.keys(metafile.inputs), OWN].map(file => [file, sumOf(file)])),
    ),
  )
  const kept = new Set([made, ...outputFiles.map(({ path }) => path)].map(path => basename(path)))
  for (const name of readdirSync(folder)) if (!kept.has(name)) removeOld(join(folder, name))
  return true
}

/** Another run may be at work with a young one: its commands still load their parts, or it is writing them. */
function removeOld(path: string) {
  const made = statSync(path, { throwIfNoEntry: false })
  if (made !== undefined && Date.now() - made.mtimeMs > KEPT) rmSync(path, { force: true })
}

/** In one step, because another run may be reading it. */
function replace(path: string, contents: Uint8Array | string) {
  const written = `${path}.${process.pid}`
  writeFileSync(written, contents)
  renameSync(written, path)
}

/** Whether each file that went into the bundle is as it was. */
function isUnchanged(made: string): boolean {
  try {
    const sums = JSON.parse(readFileSync(made, 'utf8')) as Record<string, string>
    return Object.entries(sums).every(([file, sum]) => sumOf(file) === sum)
  } catch {
    return false
  }
}

/** @param file - its path from the root */
function sumOf(file: string): string {
  return createHash('sha1')
    .update(readFileSync(join(ROOT, file)))
    .digest('base64')
}

/**
 * `npm run package`: checks the package that npm would publish: its budget, the links of its pages, publint, "Are the
 * types wrong?", and its types against `test/types/` with each version of @types/node. Needs `dist/` and no network.
 */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { measure } from './budget.js'
import { deadLinks } from './dead-links.js'
import { type Tarball, installPacked, pack } from './packed-app.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The versions of @types/node, each with its name in this repository. */
const NODE_TYPES = { 20: '@types/node', 22: 'types-node-22', 24: 'types-node-24' }

let failures = 0

function tell(title: string, problems: readonly string[]): void {
  process.stdout.write(`${problems.length === 0 ? '✔' : '✖'} ${title}\n`)
  for (const problem of problems) process.stdout.write(`  ${problem}\n`)
  failures += problems.length
}

/** Runs a tool of this repository; if it fails, its output is the problem. */
async function tool(cwd: string, name: string, ...args: string[]): Promise<string[]> {
  const bin = join(root, 'node_modules', name)
  try {
    await promisify(execFile)(process.execPath, [bin, ...args], { cwd })
    return []
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    return [...`${stdout ?? ''}${stderr ?? ''}`.trim().split('\n'), `${name} failed`]
  }
}

async function checkBudget(app: string, tarball: Tarball): Promise<void> {
  for (const { name, value, limit } of await measure(app, tarball)) {
    const shown = value < 10 ? value.toFixed(2) : String(value)
    tell(`${name}: ${shown} of ${limit}`, value <= limit ? [] : [`over the budget of test/package/budget.ts`])
  }
}

async function lint(library: string): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: library, pack: false, strict: true })
  tell(
    'publint',
    messages.map(message => formatMessage(message, pkg, { color: false }) ?? message.code),
  )
}

async function checkTypes(folder: string, tarball: Tarball, version: string, name: string): Promise<void> {
  const app = join(folder, `types-${version}`)
  await installPacked(app, tarball, { '@types/node': name })
  await cp(join(root, 'test', 'types'), join(app, 'types'), { recursive: true })
  const problems = await tool(app, 'typescript/bin/tsc', '--project', 'types', '--pretty', 'false')
  tell(`types beside @types/node ${version}`, problems)
}

const folder = await mkdtemp(join(tmpdir(), 'avio-streams-package-'))
try {
  const tarball = await pack(folder)
  const app = join(folder, 'app')
  await installPacked(app, tarball)
  await checkBudget(app, tarball)
  const library = join(app, 'node_modules', 'avio-streams')
  tell('links to files of the package', await deadLinks(library))
  await lint(library)
  // Old resolution does not support subpaths, and require() of an ES module is intended.
  const accepted = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm']
  tell(
    'Are the types wrong?',
    await tool(
      folder,
      '@arethetypeswrong/cli/dist/index.js',
      tarball.file,
      '--no-definitely-typed',
      ...accepted,
    ),
  )
  const versions = Object.entries(NODE_TYPES)
  await Promise.all(versions.map(([version, name]) => checkTypes(folder, tarball, version, name)))
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.exitCode = failures > 0 ? 1 : 0

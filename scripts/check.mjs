/**
 * `npm run check`: everything about a commit but its tests. Builds, then runs the other checks side by side, as many as
 * there are processors, the longest first. Prints the output of each when it has ended, and which have failed.
 *
 *   npm run check
 *   npm run check -- --without=docs    all but those: CI has built the site for its tests
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

const root = path.dirname(import.meta.dirname)

/** Scripts of package.json that need `dist/` and change nothing that another one reads. */
const BESIDE = ['lint', 'docs', 'types', 'package', 'format:check']

/** Runs a script of package.json. Returns whether it succeeded. */
async function run(name) {
  const cli = process.env.npm_execpath
  const [file, first] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []]
  const child = spawn(file, [...first, 'run', name], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output += text
    })
  }
  const [code] = await once(child, 'close')
  process.stdout.write(output)
  return code === 0
}

const { values } = parseArgs({ options: { without: { type: 'string', multiple: true, default: [] } } })
const unknown = values.without.filter(name => !BESIDE.includes(name))
if (unknown.length > 0) throw new Error(`There is no check ${unknown.join(', ')}: ${BESIDE.join(', ')}`)

const failed = []
if (await run('build')) {
  const left = BESIDE.filter(name => !values.without.includes(name))
  const work = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      if (!(await run(name))) failed.push(name)
    }
  }
  await Promise.all(Array.from({ length: os.availableParallelism() }, work))
} else failed.push('build')
if (failed.length > 0) {
  process.stdout.write(`Failed: ${failed.join(', ')}\n`)
  process.exitCode = 1
}

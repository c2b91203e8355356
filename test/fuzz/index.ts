import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { campaign } from './campaign.js'
import { findOf } from './find.js'
import { TARGETS } from './targets.js'
import { Watchdog } from './watchdog.js'

const print = (line: string) => void process.stdout.write(`${line}\n`)

/**
 * Feeds the parsers with damaged files:
 *
 * npm run fuzz about a minute, with a seed of its own npm run fuzz -- --seed=1 --size=10 ten times as many inputs npm
 * run fuzz -- --target=boxes --replay=FILE one input again
 *
 * The same seed gives the same inputs on any machine: they are counted, not timed. A find is a throw other than
 * AvioError, more than 50 ms of CPU time without yielding (longer on a slow or busy machine: slowness.ts), memory
 * growth of more than 100 MiB (both in each of five runs), a promise that never settles, or an input that uses a minute
 * of CPU time. It is minimised, printed and written to test/regression/inputs; `npm test` runs all files there.
 */
const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    target: { type: 'string' },
    replay: { type: 'string' },
  },
})

const INPUTS = fileURLToPath(new URL('../regression/inputs/', import.meta.url))

function keep(name: string, input: Buffer): string {
  const file = `${name}-${createHash('sha256').update(input).digest('hex').slice(0, 8)}.bin`
  mkdirSync(INPUTS, { recursive: true })
  writeFileSync(INPUTS + file, input)
  return `test/regression/inputs/${file}`
}

const chosen = Object.entries(TARGETS).filter(
  ([name]) => values.target === undefined || values.target === name,
)
if (chosen.length === 0) throw new Error(`No such target; there are ${Object.keys(TARGETS).join(', ')}`)
let failed = 0
if (values.replay === undefined) print(`seed ${values.seed}`)
for (const [name, target] of chosen) {
  const watchdog = new Watchdog(name, `${INPUTS}${name}-hangs.bin`)
  const began = performance.now()
  if (values.replay === undefined) {
    const inputs = Math.ceil(target.inputs * Number(values.size))
    const result = await campaign(target, Number(values.seed), inputs, input => watchdog.see(input))
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    print(`${name}: ${result.inputs} inputs (${result.digest}) in ${seconds} s`)
    if (result.found) {
      const { what, input } = result.found
      failed++
      print(`${name}: ${what}\n${input.length} bytes: --target=${name} --replay=${keep(name, input)}`)
    }
  } else {
    const input = readFileSync(values.replay)
    watchdog.see(input)
    const find = await findOf(target, input)
    print(`${name}: ${find?.what ?? 'nothing found'}`)
    if (find) failed++
  }
  await watchdog.end()
}
print(`${chosen.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

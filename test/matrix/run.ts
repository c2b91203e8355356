/**
 * `npm run matrix`: each fault, at each place where it can strike, in each kind of pipeline. Every cell may end in two
 * ways: with the right bytes, or with one clear error and nothing left.
 *
 * npm run matrix all cells npm run matrix -- --cells=600 --seed=7 that many, with each pair of a place and a fault npm
 * run matrix -- --cell=pipe/get-first/reset one; a part of the name for several npm run matrix -- --write all; rewrites
 * docs/faults.md and its picture
 */
import { parseArgs } from 'node:util'
import { allCells, someCells } from './axes.js'
import { Worker } from './crew.js'
import type { Cell } from './fault.js'
import { type Right, type Verdict, judge } from './judge.js'
import { Lab } from './lab.js'
import { PIPELINES } from './pipelines.js'
import { write } from './report.js'

// The SDK's warning about Node 20 does not belong in the table.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

const { values } = parseArgs({
  options: {
    cells: { type: 'string' },
    cell: { type: 'string' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})

/** How many cells run at once. */
const AT_ONCE = 4

const print = (line: string) => void process.stdout.write(`${line}\n`)

const every = allCells()
const chosen = every.filter(
  ({ id }) => values.cell === undefined || id === values.cell || id.includes(values.cell),
)
const exact = chosen.filter(({ id }) => id === values.cell)
const cells =
  exact.length > 0
    ? exact
    : values.cells === undefined
      ? chosen
      : someCells(chosen, Number(values.cells), Number(values.seed))
if (cells.length === 0) throw new Error(`There is no cell ${values.cell}.`)

const lab = await Lab.start()
const rights = new Map<string, Right>()
const verdicts: { cell: Cell; verdict: Verdict; took: number }[] = []
let failed = 0

/** The pipelines' results without a fault, which have to be the same each time. */
async function measure(worker: Worker, pipeline: string): Promise<void> {
  const runs = []
  for (let n = 0; n < 2; n++) {
    const { told, objects, left, uploads } = await lab.run(worker, { id: `${pipeline}/none`, pipeline })
    if (typeof told === 'string' || told.errors.length + told.problems.length + left.length + uploads > 0)
      throw new Error(`${pipeline} fails without a fault: ${JSON.stringify({ told, left, uploads })}`)
    runs.push({ objects, value: told.value })
  }
  const [first, second] = runs as [Right, Right]
  const text = ({ objects, value }: Right) => JSON.stringify([[...objects].sort(), value])
  if (text(first) !== text(second)) throw new Error(`${pipeline} stores other bytes each time`)
  rights.set(pipeline, first)
}

async function check(worker: Worker, cell: Cell): Promise<boolean> {
  const outcome = await lab.run(worker, cell)
  const verdict = judge(cell, outcome, rights.get(cell.pipeline)!)
  verdicts.push({ cell, verdict, took: outcome.took })
  if (values.verbose || (verdict.end === 'failed' && cells.length === 1)) {
    print(
      `${cell.id}: ${verdict.end} ${verdict.code ?? ''} (${outcome.took.toFixed(0)} ms) ${JSON.stringify(outcome.told)}`,
    )
  }
  if (verdict.end === 'failed') {
    failed++
    for (const problem of verdict.problems) print(`${cell.id}: ${problem}`)
    print(`  alone: npm run matrix -- --cell=${cell.id}`)
  }
  return typeof outcome.told === 'string'
}

const needed = PIPELINES.map(({ name }) => name).filter(name =>
  cells.some(({ pipeline }) => pipeline === name),
)
let nextRight = 0
let next = 0
await Promise.all(
  Array.from({ length: Math.min(AT_ONCE, Math.max(cells.length, needed.length)) }, async () => {
    let worker = await Worker.start()
    while (nextRight < needed.length) await measure(worker, needed[nextRight++]!)
    await measured()
    while (next < cells.length) {
      // A cell that hung or died has ended its process.
      if (!(await check(worker, cells[next++]!))) continue
      await worker.end()
      worker = await Worker.start()
    }
    await worker.end()
  }),
)

/** Resolves when all pipelines are measured. */
async function measured(): Promise<void> {
  while (rights.size < needed.length) await new Promise(resolve => setTimeout(resolve, 10))
}

await lab.close()
if (values.write) write(verdicts)
const ends = (end: Verdict['end']) => verdicts.filter(({ verdict }) => verdict.end === end).length
const counted = verdicts.reduce((sum, { verdict }) => sum + verdict.counted, 0)
const pairs = new Set(cells.map(({ stage, fault }) => `${stage.name}/${fault.name}`)).size
print(
  `seed ${values.seed}: ${cells.length} of ${every.length} cells, ${pairs} pairs of a place and a fault; ` +
    `${ends('stored')} stored the right bytes, ${ends('refused')} failed with one error and left nothing, ` +
    `${ends('unknown')} reported an unknown or partial outcome; ${counted} orphaned uploads are left, as documented`,
)
if (!values.write) print('To update docs/faults.md and its picture: npm run matrix -- --write')
print(`${verdicts.length - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

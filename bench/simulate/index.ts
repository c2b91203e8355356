/**
 * - `npm run simulate`: how a farm grows, as tables
 * - `npm run simulate -- --engine postgres --seed 2`: on another engine, with other random numbers
 * - `npm run simulate -- --prices mine.json`: with your prices (`prices.json` beside this file is an example)
 * - `npm run simulate -- --workers 100 --seconds 3600 --chunk 60`: one film, in figures
 * - `npm run simulate -- --write`: the tables and plots of docs/scale-out.md
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { table } from '../../examples/support/format.js'
import { drawPlot } from '../support/draw-plot.js'
import { withTables } from '../support/page-tables.js'
import { checkPrices, costOf } from './cost.js'
import { readMeasurements } from './measurements.js'
import { WORK_GIGABYTES, reportOf, time } from './report.js'
import { runFilm, worldOf } from './scenarios.js'

const PAGE = fileURLToPath(new URL('../../docs/scale-out.md', import.meta.url))
const PRICES = fileURLToPath(new URL('prices.json', import.meta.url))

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'redis' },
    seed: { type: 'string', default: '1' },
    prices: { type: 'string', default: PRICES },
    workers: { type: 'string' },
    seconds: { type: 'string', default: '3600' },
    chunk: { type: 'string', default: '60' },
    write: { type: 'boolean', default: false },
  },
})

const measured = readMeasurements()
const prices = checkPrices(JSON.parse(readFileSync(values.prices, 'utf8')))
const world = worldOf(measured, values.engine, positive('seed', values.seed))

const { command, date, media, ffmpeg, cores } = measured.origin
console.log(`Measured by "${command}" on ${date}: ${media}, ffmpeg ${ffmpeg}, ${cores} cores`)
console.log(`Prices of ${prices.date}, in ${prices.currency}: ${prices.source}\n`)
if (values.workers !== undefined) oneFilm(positive('workers', values.workers))
else await all()

function positive(name: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 1) return number
  throw new Error(`--${name} takes an integer from 1, and got ${text}`)
}

function oneFilm(workers: number): void {
  const [seconds, chunkSeconds] = [positive('seconds', values.seconds), positive('chunk', values.chunk)]
  const run = runFilm(world, { seconds, chunkSeconds }, workers)
  const whole = runFilm(world, { seconds }, 1)
  console.log(
    table([
      ['workers', 'time', 'slowest chunk', 'times faster', `cost in ${prices.currency}`],
      [
        ...[String(workers), time(run.seconds), time(run.slowestChunk)],
        ...[
          (whole.seconds / run.seconds).toFixed(1),
          costOf(run, prices, seconds * WORK_GIGABYTES).total.toFixed(4),
        ],
      ],
    ]),
  )
}

async function all(): Promise<void> {
  const parts = reportOf(world, prices)
  for (const { name, rows } of parts) console.log(`${name}\n${table(rows)}\n`)
  if (!values.write) return
  const options = await resolveConfig(PAGE)
  const page = withTables(readFileSync(PAGE, 'utf8'), 'farm', parts)
  writeFileSync(PAGE, await format(page, { ...options, filepath: PAGE }))
  for (const { picture, plot } of parts) {
    if (picture === undefined || plot === undefined) continue
    writeFileSync(new URL(`../../docs/images/${picture}.svg`, import.meta.url), await drawPlot(plot))
  }
}

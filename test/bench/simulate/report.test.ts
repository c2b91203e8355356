import { readFileSync } from 'node:fs'
import t from 'tap'
import { checkPrices } from '../../../bench/simulate/cost.js'
import { readMeasurements } from '../../../bench/simulate/measurements.js'
import { mean } from '../../../bench/simulate/random.js'
import { reportOf, time } from '../../../bench/simulate/report.js'
import {
  S3_STORE,
  STRAGGLERS,
  type World,
  failing,
  firstLimit,
  limitUses,
  runFilm,
  speedUps,
  steadyLoad,
} from '../../../bench/simulate/scenarios.js'
import { markdown, withTables } from '../../../bench/support/page-tables.js'

const root = new URL('../../../', import.meta.url)
const measured = readMeasurements()
const world: World = {
  ...{ measured, engine: measured.engines['redis']!, store: S3_STORE, stragglers: STRAGGLERS, seed: 1 },
}
/** Without chance. */
const calm: World = { ...world, stragglers: { share: 0, factor: 1 } }
const HOUR = 3600

/** The cells of all tables, without a formatter's padding. */
function cells(text: string): string[][] {
  return text
    .split('\n')
    .filter(line => line.startsWith('|') && !/^\|[ -:|]*$/.test(line))
    .map(line => line.split('|').map(cell => cell.trim()))
}

t.test('the page shows what the model says, and its plots', t => {
  const prices = checkPrices(
    JSON.parse(readFileSync(new URL('bench/simulate/prices.json', root), 'utf8')) as unknown,
  )
  const page = readFileSync(new URL('docs/scale-out.md', root), 'utf8')
  const parts = reportOf(world, prices)
  t.same(cells(withTables(page, 'farm', parts)), cells(page), 'npm run simulate -- --write updates it')
  for (const { picture } of parts) {
    if (picture === undefined) continue
    t.match(page, `(images/${picture}.svg)`)
    t.match(readFileSync(new URL(`docs/images/${picture}.svg`, root), 'utf8'), /^<svg /)
  }
  t.throws(() => withTables('# A page', 'farm', parts), { message: /no place for "measured"/ })
  t.end()
})

t.test('writes tables in Markdown, and times', t => {
  t.equal(
    markdown([
      ['a', 'b'],
      ['1', '2'],
    ]),
    '| a | b |\n| --- | ---: |\n| 1 | 2 |',
  )
  t.equal(markdown([['a', 'b']]), '', 'nothing without rows')
  t.same([1.23, 45, 600, 7200].map(time), ['1.2 s', '45 s', '10 min', '2.0 h'])
  t.end()
})

t.test('keeps the goals with what is measured', t => {
  for (const [name, { latency }] of Object.entries(measured.engines))
    t.ok(mean(latency) <= 0.02, `${name}: ${mean(latency)} s a step`)
  const film = { seconds: HOUR, chunkSeconds: 60 }
  for (const workers of [100, 1000]) {
    const { seconds, slowestChunk } = runFilm(world, film, workers)
    t.ok(seconds <= 2.5 * slowestChunk, `${workers}: ${seconds} s, the slowest chunk ${slowestChunk} s`)
  }
  const [one] = speedUps(calm, HOUR, [60], [1])
  for (const { workers, seconds } of speedUps(calm, HOUR, [60], [2, 4])) {
    const share = one!.seconds / seconds / workers
    t.ok(share >= 0.9 && share <= 1.001, `${workers} workers are ${(share * workers).toFixed(2)} × as fast`)
  }
  t.end()
})

t.test('long chunks lose more to failures than short ones, and a film in one piece most', t => {
  const lost = failing(world, HOUR, 20, [10, 60, 300, undefined], [1]).map(row => row.lost)
  t.same(
    lost,
    [...lost].sort((a, b) => a - b),
  )
  t.ok(lost[0]! > 0)
  t.end()
})

t.test('the first limit bites at as many workers as its use says', t => {
  const film = { title: 'a film', seconds: HOUR, chunkSeconds: 60 }
  const store = { ...S3_STORE, writesPerSecond: 1 }
  const [few, many] = limitUses({ ...calm, store }, [film], [2, 2000])
  const { name, workers } = firstLimit(few!)
  t.equal(name, 'writes')
  t.equal(firstLimit(many!).name, 'writes')
  t.ok(many!.used.writes > 0.9, `${many!.used.writes}: all of the limit is used`)
  t.ok(workers > 2 && workers < 2000, `${workers}`)
  const times = many!.stepsPerSecond / few!.stepsPerSecond
  t.ok(Math.abs((2 * times) / workers - 1) < 0.2, `2,000 workers do as much as ${2 * times}`)
  t.end()
})

t.test('more workers let objects wait less', t => {
  const rows = steadyLoad(calm, { seconds: 120 }, 1000, [1.02, 1.5])
  const [few, enough] = rows
  t.ok(few!.workers < enough!.workers)
  t.ok(few!.late > enough!.late, `${few!.late} s, ${enough!.late} s`)
  t.ok(few!.used > enough!.used)
  t.end()
})

import { readFileSync } from 'node:fs'
import t from 'tap'
import { missedGoals, missedOverheads } from '../../../bench/farm.js'
import { checkPrices } from '../../../bench/simulate/cost.js'
import { coresOfStep, held } from '../../../bench/simulate/held.js'
import { REQUESTS, engineOf, readMeasurements } from '../../../bench/simulate/measurements.js'
import { reportOf, time } from '../../../bench/simulate/report.js'
import {
  NOTICED,
  S3_STORE,
  STRAGGLERS,
  type World,
  failing,
  firstLimit,
  limitUses,
  runFilm,
  speedUps,
  steadyLoad,
  worldOf,
} from '../../../bench/simulate/scenarios.js'
import { drawPlot } from '../../../bench/support/draw-plot.js'
import { markdown, withTables } from '../../../bench/support/page-tables.js'

const root = new URL('../../../', import.meta.url)
const measured = readMeasurements()
const world = worldOf(measured, 'redis')
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

t.test('the page shows what the model says, and its plots', async t => {
  const prices = checkPrices(
    JSON.parse(readFileSync(new URL('bench/simulate/prices.json', root), 'utf8')) as unknown,
  )
  const page = readFileSync(new URL('docs/scale-out.md', root), 'utf8')
  const parts = reportOf(world, prices)
  t.same(cells(withTables(page, 'farm', parts)), cells(page), 'npm run simulate -- --write updates it')
  const words = (text: string) => text.replaceAll(/\s+/g, ' ')
  for (const { picture, plot, text } of parts) {
    if (text !== undefined) t.ok(words(page).includes(words(text)), words(text))
    if (picture === undefined || plot === undefined) continue
    t.ok(page.includes(`(images/${picture}.svg)`), picture)
    const kept = readFileSync(new URL(`docs/images/${picture}.svg`, root), 'utf8')
    t.ok(kept === (await drawPlot(plot)), `${picture} is drawn from these measurements`)
    if (/>workers<\/text>/.test(kept)) t.match(kept, />1,000<\/text>/, `${picture}: the axis names its end`)
  }
  t.throws(() => withTables('# A page', 'farm', parts), { message: /no place for "measured"/ })
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
  t.same(missedOverheads(measured.overheads), [], 'an engine adds 20 ms to a step at most')
  t.same(missedGoals(measured), [], 'the model says what farms of 1, 2 and 4 workers were measured to take')
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

t.test('the text of the page says what is measured and assumed', t => {
  const page = readFileSync(new URL('docs/scale-out.md', root), 'utf8').replaceAll(/\s+/g, ' ')
  const { origin } = measured
  for (const said of [
    `first byte after ${1000 * S3_STORE.firstByte.quantiles[0]!} to ${1000 * S3_STORE.firstByte.quantiles.at(-1)!} ms`,
    `${S3_STORE.readsPerSecond.toLocaleString('en')} GET and ${S3_STORE.writesPerSecond.toLocaleString('en')} PUT a second`,
    'A step asks its engine three times, and then twice a second',
    `starts again elsewhere after ${NOTICED} s`,
  ])
    t.ok(page.includes(said), said)
  t.match(REQUESTS, { perStep: 3, perStepSecond: 2 })
  t.match(STRAGGLERS, { share: 0.01, factor: 3 }, 'one chunk in a hundred takes three times as long')
  // "alone, it uses most of both cores. So the second worker gains little"
  t.ok(coresOfStep(measured) > 0.75 * origin.cores, `${coresOfStep(measured)} cores`)
  for (const { engine, workers, speedUp } of held(measured))
    if (workers === 2) t.ok(speedUp < 1.5, `${engine}: ${speedUp}`)
  t.end()
})

t.test('an engine in the model adds what a step was measured to take longer', t => {
  const { latency, perSecond } = engineOf(measured, 'postgres')
  t.ok(typeof latency === 'number' && latency > 0 && latency < 0.02, JSON.stringify(latency))
  t.equal(perSecond, measured.engines['postgres']!.perSecond)
  t.throws(() => engineOf(measured, 'kafka'), { message: /No engine "kafka"; measured are redis, postgres/ })
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

import type { TopLevelSpec } from 'vega-lite'
import type { PageTable } from '../support/page-tables.js'
import type { Prices } from './cost.js'
import type { FarmRun } from './farm-model.js'
import { held } from './held.js'
import { type Overhead, engineOf } from './measurements.js'
import { chunkName, costPlot, failurePlot, limitPlot, speedUpPlot } from './plots.js'
import { middle } from './random.js'
import * as scenario from './scenarios.js'

/** A table, and what it looks like. */
export interface Part extends PageTable {
  /** The name of its picture in `docs/images`. */
  readonly picture?: string
  readonly plot?: TopLevelSpec
}

const CHUNKS = [10, 30, 60, 120, 300]
const WORKERS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
const HOUR = 3600

/** Gigabytes in the work prefix for each second of a film: at 4 Mbit/s. */
export const WORK_GIGABYTES = 0.0005

const percent = (share: number, digits = 0) => `${(100 * share).toFixed(digits)} %`

/** `45 s`, `12 min`, `3.5 h` */
export function time(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  return seconds < 5400 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / HOUR).toFixed(1)} h`
}

/** Everything that the page about large farms shows. */
export function reportOf(world: scenario.World, prices: Prices): Part[] {
  return [
    ...[measuredFarms(world), overhead(world), speed(world), limits(world), steady(world), failures(world)],
    costs(world, prices),
  ]
}

const KINDS: Readonly<Record<keyof Overhead, string>> = {
  object: 'a whole job',
  piece: 'a step of a split job',
  nothing: 'a job of BullMQ that does nothing',
}

/** What engines add to a step, as a table. */
export function overheadRows(overheads: Readonly<Record<string, Overhead>>): string[][] {
  const ms = (seconds: number) => `${(1000 * seconds).toFixed(1)} ms`
  const rows = Object.entries(overheads).flatMap(([engine, overhead]) =>
    (Object.keys(KINDS) as (keyof Overhead)[]).map(kind => {
      const { seconds, cpu, engineCpu, requests } = overhead[kind]
      const [low, median, high] = middle(seconds)
      return [
        ...[`${KINDS[kind]}, on ${ENGINE_NAMES[engine] ?? engine}`, ms(median), `${ms(low)} to ${ms(high)}`],
        ...[ms(cpu), ms(engineCpu), requests.toFixed(1)],
      ]
    }),
  )
  const head = ['', 'added', 'in half of the turns', 'CPU of the worker', 'of the engine', 'requests']
  return [head, ...rows]
}

function overhead({ measured }: scenario.World): Part {
  return { name: 'overhead', rows: overheadRows(measured.overheads) }
}

function measuredFarms({ measured }: scenario.World): Part {
  const rows = held(measured).map(({ engine, workers, speedUp, ...one }) => [
    ...[`${workers} on ${engine === 'none' ? 'no engine' : ENGINE_NAMES[engine]}`],
    ...[round(one.objects), round(one.chunks), `${speedUp.toFixed(2)} ×`],
    ...[time(one.measured), time(one.modelled)],
  ])
  return {
    name: 'measured',
    text: originText(measured),
    rows: [['workers', 'objects an hour', 'chunks an hour', 'speed-up', 'film', 'the model'], ...rows],
  }
}

const ENGINE_NAMES: Readonly<Record<string, string>> = { redis: 'Redis', postgres: 'PostgreSQL' }

function speed(world: scenario.World): Part {
  const all = scenario.speedUps(world, HOUR, CHUNKS, WORKERS)
  const shown = [1, 10, 100, 1000]
  const cells = (chunk: number) =>
    all
      .filter(({ chunkSeconds, workers }) => chunkSeconds === chunk && shown.includes(workers))
      .map(({ seconds, speedUp }) => `${time(seconds)} (${speedUp.toFixed(speedUp < 10 ? 1 : 0)} ×)`)
  const [at100] = all.filter(({ chunkSeconds, workers }) => chunkSeconds === 60 && workers === 100)
  return {
    name: 'speed-up',
    rows: [
      ['chunks', ...shown.map(workers => `${workers} worker${workers === 1 ? '' : 's'}`)],
      ...CHUNKS.map(chunk => [chunkName(chunk), ...cells(chunk)]),
      ['60 s, by the slowest chunk', '', '', `${at100!.bySlowestChunk.toFixed(2)} ×`, ''],
    ],
    ...{ picture: 'farm-speed-up', plot: speedUpPlot(all) },
  }
}

const FILMS = { title: 'films of an hour, chunks of 60 s', seconds: HOUR, chunkSeconds: 60 }
const WORK = [
  FILMS,
  { title: 'films of an hour, chunks of 10 s', seconds: HOUR, chunkSeconds: 10 },
  { title: 'objects of 10 s', seconds: 10 },
]
/** Workers enough for an average, and so few that they use up no limit. */
const FEW = 100

function limits(world: scenario.World): Part {
  const all = scenario.limitUses(world, WORK, [10, 30, FEW, 300, 1000])
  const others = Object.keys(world.measured.engines).flatMap(name => {
    const engine = engineOf(world.measured, name)
    if (engine.perSecond === world.engine.perSecond) return []
    const film = { ...FILMS, title: `${FILMS.title}, on ${ENGINE_NAMES[name] ?? name}` }
    return scenario.limitUses({ ...world, engine }, [film], [FEW, 1000])
  })
  const uses = [...all, ...others]
  const rows = uses
    .filter(({ workers }) => workers === 1000)
    .map(use => {
      const few = uses.find(({ title, workers }) => title === use.title && workers === FEW)!
      const first = scenario.firstLimit(few)
      const { engine, reads, writes } = use.used
      return [
        ...[use.title, use.stepsPerSecond.toFixed(1)],
        ...[engine, reads, writes].map(share => percent(share, 1)),
        `${LIMIT_NAMES[first.name] ?? first.name}, at ${round(first.workers)} workers`,
      ]
    })
  return {
    name: 'limits',
    rows: [['1,000 workers on', 'steps a second', 'engine', 'GET', 'PUT', 'first limit'], ...rows],
    ...{ picture: 'farm-limits', plot: limitPlot(all) },
  }
}

const LIMIT_NAMES: Readonly<Record<string, string>> = {
  engine: 'the engine',
  reads: 'GET of a prefix',
  writes: 'PUT of a prefix',
} satisfies Record<Exclude<keyof FarmRun['used'], 'workers'>, string>

/** Two figures: 1,200. */
function round(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en')
}

function steady(world: scenario.World): Part {
  const all = scenario.steadyLoad(world, { seconds: 120 }, 10_000, [1.02, 1.1, 1.25, 1.5])
  return {
    name: 'steady',
    rows: [
      ['workers', 'busy', 'half of the objects within', '95 % within'],
      ...all.map(({ workers, used, median, late }) => [
        ...[String(workers), percent(used), time(median), time(late)],
      ]),
    ],
  }
}

function failures(world: scenario.World): Part {
  const lives = [0.25, 1, 6, 24, 168]
  const all = scenario.failing(world, HOUR, 20, [10, 60, 300, undefined], lives)
  const shown = [1, 24]
  const rows = [10, 60, 300, undefined].map(chunk => [
    chunkName(chunk),
    ...shown.flatMap(hours => {
      const one = all.find(row => row.chunkSeconds === chunk && row.hours === hours)!
      return [percent(one.lost, 2), `${one.slower.toFixed(2)} ×`]
    }),
  ])
  const head = shown.flatMap(hours => [`lost, if workers live ${hours} h`, 'time'])
  return {
    name: 'failures',
    rows: [['chunks', ...head], ...rows],
    ...{ picture: 'farm-failures', plot: failurePlot(all) },
  }
}

function costs(world: scenario.World, prices: Prices): Part {
  const workers = WORKERS.filter(count => count <= 100)
  const all = scenario.priced(world, HOUR, prices, CHUNKS, workers, HOUR * WORK_GIGABYTES)
  const rows = all
    .filter(({ chunkSeconds, workers }) => [10, 60].includes(chunkSeconds) && [1, 10, 100].includes(workers))
    .map(({ chunkSeconds, workers, seconds, cost }) => [
      ...[chunkName(chunkSeconds), String(workers), time(seconds)],
      ...[cost.workers, cost.engine, cost.requests, cost.work, cost.total].map(part => part.toFixed(4)),
    ])
  return {
    name: 'cost',
    text: pricesText(prices),
    rows: [
      ['chunks', 'workers', 'time', 'workers’ time', 'engine', 'requests', 'work prefix', 'sum'],
      ...rows,
    ],
    ...{ picture: 'farm-cost', plot: costPlot(all, prices.currency) },
  }
}

/** What the measured farms did, and where. */
function originText({ origin, farms }: scenario.World['measured']): string {
  const { date, cores, ffmpeg, media } = origin
  const { seconds, chunkSeconds } = farms.film
  return [
    `Measured on ${date} on ${cores} cores, with ffmpeg ${ffmpeg}: a film of ${seconds} s in chunks of ${chunkSeconds} s,`,
    `and ${farms.objects} objects of a second. The model is fed with steps of ${media}.`,
  ].join('\n')
}

/** The prices of a table, with their units, source and date. */
function pricesText({ currency, source, date, ...prices }: Prices): string {
  const { workerHour, engineHour, thousandReads, thousandWrites, gigabyteMonth } = prices
  return [
    `In ${currency}, at the prices of ${date} (${source}): a worker of one core ${workerHour} an hour, the engine`,
    `${engineHour} an hour, a thousand requests that read ${thousandReads} and that write ${thousandWrites}, a gigabyte in`,
    `the work prefix ${gigabyteMonth} a month.`,
  ].join('\n')
}

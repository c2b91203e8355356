import type { TopLevelSpec } from 'vega-lite'
import { LIMITS } from './farm-model.js'
import type { Failing, LimitUse, Priced, SpeedUp } from './scenarios.js'

const SIZE = { width: 440, height: 280 }

const workersAxis = {
  field: 'workers',
  type: 'quantitative',
  scale: { type: 'log' },
  title: 'workers',
} as const

/** `60 s`, `in one piece`: in the order of their lengths. */
function chunkColour(values: readonly (number | undefined)[]) {
  const sort = [...new Set(values)].sort((a, b) => (a ?? Infinity) - (b ?? Infinity)).map(chunkName)
  return { field: 'chunk', type: 'nominal', title: 'chunks of', sort, scale: { scheme: 'dark2' } } as const
}

/** The name of a chunk length. */
export function chunkName(seconds: number | undefined): string {
  return seconds === undefined ? 'one piece' : `${seconds} s`
}

/** Speed-up by workers, a line for each length of a chunk, beside one that grows with the workers. */
export function speedUpPlot(rows: readonly SpeedUp[]): TopLevelSpec {
  const ideal = [...new Set(rows.map(({ workers }) => workers))].map(workers => ({
    workers,
    speedUp: workers,
  }))
  const y = {
    field: 'speedUp',
    type: 'quantitative',
    scale: { type: 'log' },
    title: 'times faster than in one piece',
  } as const
  return {
    ...SIZE,
    title: 'One film of an hour',
    layer: [
      {
        data: { values: ideal },
        mark: { type: 'line', color: '#999', strokeDash: [4, 4] },
        encoding: { x: workersAxis, y },
      },
      {
        data: { values: rows.map(row => ({ ...row, chunk: chunkName(row.chunkSeconds) })) },
        mark: { type: 'line', point: true },
        encoding: { x: workersAxis, y, color: chunkColour(rows.map(row => row.chunkSeconds)) },
      },
    ],
  }
}

const LIMIT_TITLES = { workers: 'workers', engine: 'engine', reads: 'GET', writes: 'PUT' }

/** The used share of each limit by workers, a panel for each kind of work. */
export function limitPlot(rows: readonly LimitUse[]): TopLevelSpec {
  const values = rows.flatMap(({ title, workers, used }) =>
    LIMITS.map(name => ({ title, workers, limit: LIMIT_TITLES[name], used: used[name] })),
  )
  return {
    data: { values },
    facet: { column: { field: 'title', type: 'nominal', title: null, sort: null } },
    spec: {
      width: 240,
      height: 240,
      mark: { type: 'line', point: true },
      encoding: {
        x: workersAxis,
        y: { field: 'used', type: 'quantitative', axis: { format: '%' }, title: 'of the limit' },
        color: { field: 'limit', type: 'nominal', sort: Object.values(LIMIT_TITLES), title: null },
      },
    },
  }
}

/** The lost share of the work by the life of a worker, a line for each length of a chunk. */
export function failurePlot(rows: readonly Failing[]): TopLevelSpec {
  return {
    ...SIZE,
    title: 'Work lost with workers that die',
    data: {
      // A logarithmic scale has no place for none.
      values: rows
        .filter(({ lost }) => lost > 0)
        .map(row => ({ ...row, chunk: chunkName(row.chunkSeconds) })),
    },
    mark: { type: 'line', point: true },
    encoding: {
      x: {
        field: 'hours',
        type: 'quantitative',
        scale: { type: 'log' },
        title: 'hours that a worker lives, on average',
      },
      y: {
        field: 'lost',
        type: 'quantitative',
        scale: { type: 'log' },
        axis: { format: '~%' },
        title: 'lost, by the work that succeeds',
      },
      color: chunkColour(rows.map(row => row.chunkSeconds)),
    },
  }
}

/** The cost of a film by the time it takes: a line for each length of a chunk, a point for each number of workers. */
export function costPlot(rows: readonly Priced[], currency: string): TopLevelSpec {
  const values = rows.map(({ chunkSeconds, workers, seconds, cost }) => ({
    ...{ workers, minutes: seconds / 60, cost: cost.total, chunk: chunkName(chunkSeconds) },
  }))
  const x = {
    field: 'minutes',
    type: 'quantitative',
    scale: { type: 'log' },
    title: 'minutes for the film',
  } as const
  const y = {
    field: 'cost',
    type: 'quantitative',
    scale: { type: 'log' },
    title: `cost in ${currency}`,
  } as const
  const color = chunkColour(rows.map(row => row.chunkSeconds))
  return {
    ...SIZE,
    title: 'One film of an hour, by numbers of workers',
    data: { values },
    layer: [
      {
        mark: { type: 'line', point: true },
        encoding: { x, y, color, order: { field: 'workers', type: 'quantitative' } },
      },
      {
        mark: { type: 'text', dy: -9, fontSize: 9 },
        encoding: { x, y, color, text: { field: 'workers', type: 'quantitative' } },
      },
    ],
  }
}

import type { TopLevelSpec } from 'vega-lite'
import { LIMITS } from './farm-model.js'
import type { Failing, LimitUse, Priced, SpeedUp } from './scenarios.js'

const SIZE = { width: 440, height: 280 }

/** A logarithmic axis, no longer than its values, with a label at each of `values`. */
function logAxis(field: string, title: string, values: readonly number[], format = ',', padding = 0) {
  return {
    field,
    type: 'quantitative' as const,
    title,
    scale: { type: 'log' as const, nice: false, padding },
    axis: { values: [...values], format },
  }
}

const WORKERS = [1, 2, 5, 10, 20, 50, 100, 200, 1000]

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
  const x = logAxis('workers', 'workers', WORKERS)
  const y = logAxis('speedUp', 'times faster than in one piece', WORKERS)
  return {
    ...SIZE,
    title: 'One film of an hour',
    layer: [
      {
        data: { values: ideal },
        mark: { type: 'line', color: '#999', strokeDash: [4, 4] },
        encoding: { x, y },
      },
      {
        data: { values: rows.map(row => ({ ...row, chunk: chunkName(row.chunkSeconds) })) },
        mark: { type: 'line', point: true },
        encoding: { x, y, color: chunkColour(rows.map(row => row.chunkSeconds)) },
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
        x: logAxis('workers', 'workers', [10, 30, 100, 300, 1000]),
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
      x: logAxis('hours', 'hours that a worker lives, on average', [0.25, 1, 6, 24, 168], '~g'),
      y: logAxis('lost', 'lost, by the work that succeeds', [0.0001, 0.001, 0.01, 0.1, 1, 10], '~%'),
      color: chunkColour(rows.map(row => row.chunkSeconds)),
    },
  }
}

/**
 * The cost of a film by the time it takes: a line for each length of a chunk, a point for each number of workers. The lines
 * lie close together: only the ends of each and the points of the shortest chunks have their number.
 */
export function costPlot(rows: readonly Priced[], currency: string): TopLevelSpec {
  const values = rows.map(({ chunkSeconds, workers, seconds, cost }) => ({
    ...{ workers, minutes: seconds / 60, cost: cost.total, chunk: chunkName(chunkSeconds) },
  }))
  const x = logAxis('minutes', 'minutes for the film', [2, 5, 10, 20, 50, 100], ',', 16)
  const y = logAxis('cost', `cost in ${currency}`, [0.1, 0.2, 0.5, 1], '~g', 16)
  const most = Math.max(...rows.map(({ workers }) => workers))
  const shortest = chunkName(Math.min(...rows.map(({ chunkSeconds }) => chunkSeconds)))
  const labelled = values.filter(({ workers, chunk }) => workers === most || chunk === shortest)
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
        data: { values: labelled },
        mark: { type: 'text', dy: -9, fontSize: 10 },
        encoding: { x, y, color, text: { field: 'workers', type: 'quantitative' } },
      },
    ],
  }
}

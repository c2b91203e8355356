import { MiB } from '../../lib/options.js'
import { table } from '../../examples/support/format.js'
import type { Run, Topic } from './topic.js'

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The table of a topic: medians, and each peer's ratio to this library. */
export function report(topic: Topic, size: number, runs: Readonly<Record<string, readonly Run[]>>): string {
  const rows = Object.entries(runs).map(([name, list]) => ({
    name,
    wall: median(list.map(run => run.wall)),
    cpu: median(list.map(run => run.cpu)),
    memory: Math.max(...list.map(run => run.memory)),
  }))
  const ours = rows[0]!
  const limit = topic.limitSeconds?.(size)
  const cells = rows.map(row => [
    row.name,
    `${row.wall.toFixed(3)} s`,
    `${(size / 1e6 / row.wall).toFixed(0)} MB/s`,
    ...(limit === undefined ? [] : [`${((100 * limit) / row.wall).toFixed(0)} %`]),
    `${(row.wall / ours.wall).toFixed(2)} ×`,
    `${((row.cpu / size) * 1e9).toFixed(2)} s/GB`,
    `${(row.cpu / ours.cpu).toFixed(2)} ×`,
    `${(row.memory / MiB).toFixed(0)} MiB`,
  ])
  const head = [
    'contender',
    'wall',
    'rate',
    ...(limit === undefined ? [] : ['of the limit']),
    'wall / ours',
    'Node CPU',
    'CPU / ours',
    'peak memory',
  ]
  return `${topic.title}\n${topic.setting}\n${table([head, ...cells])}`
}

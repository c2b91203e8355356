import type { TopLevelSpec } from 'vega-lite'
import { GiB, MiB } from '../../lib/options.js'
import { CURVES } from '../curves.js'
import { AGAINST, type Point, type Results } from './results.js'

/** The plots of docs/performance.md, by the names of their files; those without measurements are left out. */
export function plotsOf({ curves, topics }: Results): Record<string, TopLevelSpec> {
  const plots: Record<string, TopLevelSpec> = {}
  for (const name of ['connections', 'ttfb', 'part-size'] as const) {
    const points = curves[name]?.points
    if (points !== undefined) plots[`speed-${name}`] = throughput(name, points)
  }
  const { 'part-size': parts, window, pipelines } = curves
  if (parts !== undefined) plots['speed-requests'] = requests(parts.points)
  if (window !== undefined) plots['speed-memory'] = memory(window.points)
  if (pipelines !== undefined) plots['speed-pipelines'] = manyPipelines(pipelines.points)
  const costs = cpuOf(topics)
  if (costs.length > 0) plots['speed-cpu'] = cpu(costs)
  return plots
}

const SIZE = { width: 440, height: 260 }

function axis(name: string, values: readonly number[]) {
  const scale = { type: 'log', base: 2 } as const
  const x = { field: 'x', type: 'quantitative', scale, title: CURVES[name]!.axis } as const
  return { ...x, axis: { values: [...values] } }
}

const colour = (title: string | null = null) =>
  ({ field: 'line', type: 'nominal', title, scale: { scheme: 'dark2' } }) as const

const quantity = (field: string, title: string) => ({ field, type: 'quantitative', title }) as const

function throughput(name: string, points: readonly Point[]): TopLevelSpec {
  const values = points.flatMap(({ x, line, bytes, wall, limitSeconds }) => [
    { x, line, rate: bytes / 1e6 / wall.median },
    // Reads and uploads have the same one.
    ...(limitSeconds === undefined ? [] : [{ x, line: 'limit model', rate: bytes / 1e6 / limitSeconds }]),
  ])
  return {
    ...SIZE,
    title: CURVES[name]!.title,
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: axis(name, [...new Set(points.map(({ x }) => x))]),
      y: { ...quantity('rate', 'MB/s'), scale: { type: 'log' } },
      color: colour(),
      strokeDash: {
        condition: { test: "datum.line === 'limit model'", value: [4, 4] },
        value: [1, 0],
      },
    },
  }
}

/** Requests of a point for each GiB. */
export function requestsOf({ bytes, reads, writes }: Point): { reads: number; writes: number } {
  return { reads: (reads / bytes) * GiB, writes: (writes / bytes) * GiB }
}

function requests(points: readonly Point[]): TopLevelSpec {
  const values = points.map(point => {
    const { reads, writes } = requestsOf(point)
    return { x: point.x, line: point.line, requests: reads + writes }
  })
  return {
    ...SIZE,
    title: 'Requests a GiB by part size',
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: axis('part-size', [...new Set(points.map(({ x }) => x))]),
      y: quantity('requests', 'requests a GiB'),
      color: colour(),
    },
  }
}

function memory(points: readonly Point[]): TopLevelSpec {
  const sizes = [...new Set(points.map(({ x }) => x))]
  const values = [
    ...points.map(({ x, line, memory }) => ({ x, line, memory: memory.median / MiB })),
    ...sizes.map(x => ({ x, line: 'the window alone', memory: x })),
  ]
  return {
    ...SIZE,
    title: CURVES['window']!.title,
    data: { values },
    mark: { type: 'line', point: true },
    encoding: { x: axis('window', sizes), y: quantity('memory', 'MiB over idle'), color: colour() },
  }
}

function manyPipelines(points: readonly Point[]): TopLevelSpec {
  const values = points.map(({ x, line, bytes, wall, cpu, memory }) => ({
    ...{ x, line, rate: bytes / 1e6 / wall.median },
    ...{ cpu: (cpu.median / bytes) * GiB, memory: memory.median / MiB / x },
  }))
  const panel = (field: 'rate' | 'cpu' | 'memory', title: string) => ({
    ...{ width: 200, height: 200 },
    mark: { type: 'line', point: true } as const,
    encoding: {
      x: axis(
        'pipelines',
        values.map(({ x }) => x),
      ),
      y: quantity(field, title),
    },
  })
  return {
    title: CURVES['pipelines']!.title,
    data: { values },
    hconcat: [
      panel('rate', 'MB/s together'),
      panel('cpu', 'CPU seconds a GiB'),
      panel('memory', 'MiB over idle, of each'),
    ],
  }
}

interface Cost {
  readonly topic: string
  readonly contender: string
  readonly seconds: number
}

const CPU_TOPICS = {
  read: 'read',
  upload: 'upload',
  'remux-unshaped': 'remux',
  pipe: 'pipe',
  cache: 'block cache',
} as const

/** CPU a GiB of everything that moves bytes without limits, beside the peers. */
function cpuOf(topics: Results['topics']): Cost[] {
  return Object.entries(CPU_TOPICS).flatMap(([name, title]) => {
    const topic = topics[name]
    if (topic === undefined) return []
    return Object.entries(topic.contenders)
      .filter(([contender]) => !contender.endsWith(AGAINST) && !contender.includes('file →'))
      .map(([contender, { cpu }]) => ({
        ...{ topic: title, contender: `${title}: ${contender}`, seconds: (cpu.median / topic.size) * GiB },
      }))
  })
}

function cpu(values: readonly Cost[]): TopLevelSpec {
  return {
    width: 440,
    title: 'CPU a GiB beside ffmpeg, all threads',
    data: { values: [...values] },
    mark: 'bar',
    encoding: {
      x: quantity('seconds', 'CPU seconds a GiB'),
      y: { field: 'contender', type: 'nominal', sort: null, title: null, axis: { labelLimit: 320 } },
      color: { field: 'topic', type: 'nominal', legend: null, scale: { scheme: 'dark2' } },
    },
  }
}

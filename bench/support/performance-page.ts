import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { checkPrices } from '../simulate/cost.js'
import { costsOf, fullNetworkRows, hourlyRows } from './capacity.js'
import { drawPlot } from './draw-plot.js'
import { goalRows, judge } from './goals.js'
import { type PageTable, withTables } from './page-tables.js'
import { plotsOf, requestsOf } from './performance-plots.js'
import { againstRows, conditionsOf, missingLines, originLine, rowsOf } from './report.js'
import type { Results } from './results.js'

const DOCS = new URL('../../docs/', import.meta.url)
const PAGE = fileURLToPath(new URL('performance.md', DOCS))
const PRICES = new URL('../simulate/prices.json', import.meta.url)

/** The topics that the page shows, in its order. */
export const SHOWN = [
  ...['remux', 'remux-long', 'remux-unshaped', 'remux-cpu', 'remux-tls'],
  ...['read', 'read-shaped', 'upload', 'upload-shaped', 'pipe'],
  ...[
    'transcode',
    ...['cache', 'block-cache', 'block-cache-seeks'],
    'memory',
    'memory-long',
    'small-objects',
    'start',
    'validator',
    'validator-frames',
  ],
]

/** All tables of the page. */
export function tablesOf(results: Results): PageTable[] {
  const { topics, peers } = results
  const costs = costsOf(topics)
  return [
    { name: 'goals', rows: goalRows(judge(topics)), text: quality(results) },
    ...SHOWN.map(name => topicTable(name, results)),
    { name: 'requests', rows: requestRows(results) },
    reckoned('full network', costs && fullNetworkRows(costs)),
    reckoned('hourly', costs && hourlyRows(costs)),
    {
      name: 'peers',
      rows: [
        ['peer', 'version'],
        ...Object.entries(peers).map(([name, one]) => [name, 'version' in one ? one.version : one.reason]),
      ],
    },
  ]
}

function reckoned(name: string, rows: string[][] | undefined): PageTable {
  return rows === undefined ? { name, rows: [], text: 'Not measured in full size yet.' } : { name, rows }
}

/** What the figures are worth. */
function quality({ topics, curves }: Results): string {
  const origins = [...Object.values(topics), ...Object.values(curves)].map(({ origin }) => origin)
  if (origins.length === 0) return 'Nothing has been measured yet.'
  const small = origins.some(({ quick }) => quick)
    ? ' Some were measured with the small sizes of `--quick`.'
    : ''
  const busy = origins.filter(({ others }) => others === undefined || others > 0.1).length
  return busy === 0
    ? `All figures are from an idle machine.${small}`
    : `**${busy} of ${origins.length} measurements are from a busy machine**, where only ratios mean something, and not much: each table says so.${small}`
}

function topicTable(name: string, { topics }: Results): PageTable {
  const topic = topics[name]
  if (topic === undefined) return { name, rows: [], text: 'Not measured yet.' }
  const against = againstRows(topic).slice(1)
  const ratios = against.map(
    ([contender = '', ...cells]) =>
      `${contender} ÷ commit ${topic.against ?? ''}: wall ${cells[0] ?? ''}, CPU ${cells[1] ?? ''}, memory ${cells[2] ?? ''}.`,
  )
  const lines = [conditionsOf(topic), originLine(topic.origin), ...missingLines(topic)].map(
    line => `${line}.`,
  )
  return { name, rows: rowsOf(topic), text: [...lines, ...ratios].join(' ') }
}

function requestRows({ curves }: Results): string[][] {
  const prices = checkPrices(JSON.parse(readFileSync(PRICES, 'utf8')) as unknown)
  const points = curves['part-size']?.points ?? []
  return [
    ['', 'part size', 'GET a GiB', 'PUT and POST a GiB', `${prices.currency} a TiB`],
    ...points.map(point => {
      const { reads, writes } = requestsOf(point)
      const price = (reads * prices.thousandReads + writes * prices.thousandWrites) / 1000
      return [
        ...[point.line, `${point.x} MiB`, reads.toFixed(0), writes.toFixed(0)],
        (1024 * price).toFixed(2),
      ]
    }),
  ]
}

/** Writes the tables and plots of docs/performance.md. */
export async function writePage(results: Results): Promise<void> {
  const options = await resolveConfig(PAGE)
  const page = withTables(readFileSync(PAGE, 'utf8'), 'bench', tablesOf(results))
  writeFileSync(PAGE, await format(page, { ...options, filepath: PAGE }))
  for (const [name, plot] of Object.entries(plotsOf(results)))
    writeFileSync(new URL(`images/${name}.svg`, DOCS), await drawPlot(plot))
}

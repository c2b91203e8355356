import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import t from 'tap'
import { LARGE, costsOf, fullNetworkRows, hourlyRows, usesOf } from '../../bench/support/capacity.js'
import { drawPlot } from '../../bench/support/draw-plot.js'
import { markdown, withTables } from '../../bench/support/page-tables.js'
import { SHOWN, tablesOf } from '../../bench/support/performance-page.js'
import { plotsOf } from '../../bench/support/performance-plots.js'
import { readResults } from '../../bench/support/results.js'
import { GiB, MiB } from '../../lib/options.js'

const docs = new URL('../../docs/', import.meta.url)
const file = fileURLToPath(new URL('performance.md', docs))
const page = readFileSync(file, 'utf8')
const results = readResults()

t.test('the page shows what is kept, and nothing else', async t => {
  const options = await resolveConfig(file)
  const made = await format(withTables(page, 'bench', tablesOf(results)), { ...options, filepath: file })
  t.equal(made, page, 'npm run bench -- --page updates it')
  const places = [...page.matchAll(/<!-- bench: (.*) -->/g)].map(([, name]) => name)
  t.same(
    places.sort(),
    tablesOf(results)
      .map(({ name }) => name)
      .sort(),
    'every place has a table',
  )
  for (const name of Object.keys(results.topics).filter(one => !['verify', 'faststart'].includes(one)))
    t.ok(SHOWN.includes(name), `${name} is shown`)
})

t.test('the page shows every plot, drawn', async t => {
  const plots = plotsOf(results)
  const shown = [...page.matchAll(/\(images\/(speed-[\w-]+)\.svg\)/g)].map(([, name]) => name)
  t.same(Object.keys(plots).sort(), shown.sort())
  for (const [name, plot] of Object.entries(plots)) {
    const svg = readFileSync(new URL(`images/${name}.svg`, docs), 'utf8')
    t.equal(await drawPlot(plot), svg, `${name}: npm run bench -- --page draws it`)
  }
})

t.test('a cell may contain a bar, as the name of a shell pipeline does', t => {
  const table = markdown([['who'], ['`aws s3 cp | ffmpeg`']])
  t.equal(table.split('\n')[2], '| `aws s3 cp \\| ffmpeg` |')
  t.end()
})

t.test('a page without measurements says so', t => {
  const tables = tablesOf({ topics: {}, curves: {}, peers: {} })
  t.match(tables[0], { name: 'goals', text: 'Nothing has been measured yet.' })
  t.match(
    tables.find(({ name }) => name === 'remux'),
    { rows: [], text: 'Not measured yet.' },
  )
  t.same(plotsOf({ topics: {}, curves: {}, peers: {} }), {})
  t.end()
})

t.test('reckons with full sizes alone', t => {
  const { 'remux-unshaped': unshaped, remux } = results.topics
  if (unshaped === undefined || remux === undefined) throw new Error('There are no results')
  const sized = (quick: boolean, other = quick) => ({
    'remux-unshaped': { ...unshaped, origin: { ...unshaped.origin, quick } },
    remux: { ...remux, origin: { ...remux.origin, quick: other } },
  })
  t.match(costsOf(sized(false)), { nodeCpu: Number, ffmpegCpu: Number, memory: Number, rate: Number })
  for (const topics of [sized(true, false), sized(false, true), {}]) t.equal(costsOf(topics), undefined)
  t.end()
})

const costs = { nodeCpu: 2, ffmpegCpu: 1, memory: 100 * MiB, rate: GiB / 4 }

t.test('reckons what a load takes, the scarcest first', t => {
  const load = { bytesPerSecond: GiB, objectsPerSecond: 1, partSize: 8 * MiB }
  const uses = usesOf(load, costs, { cores: 4, memory: GiB, network: 10, reads: 1280, writes: 130 })
  t.same(
    uses.map(({ what, need, share }) => [what, need, share.toFixed(2)]),
    [
      ['PUTs of a prefix', '130/s', '1.00'],
      ['network, each way', '8.6 Gbit/s', '0.86'],
      ['cores for Node', '2.0', '0.50'],
      ['memory', '0.4 GiB', '0.39'],
      ['cores for ffmpeg', '1.0', '0.25'],
      ['GETs of a prefix', '128/s', '0.10'],
    ],
  )
  const [, scarcest] = fullNetworkRows(costs)
  t.match(scarcest, ['network, each way', '100.0 Gbit/s', '100 %'])
  const hourly = hourlyRows(costs)
  t.match(hourly[1], ['200 kB', '0.0'])
  t.match(hourly.at(-1), ['10 GiB', '238.6', '83.3', 'network, each way: 239 %'])
  t.equal(LARGE.network, 100)
  t.end()
})

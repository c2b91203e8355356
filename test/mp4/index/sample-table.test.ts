import t from 'tap'
import { atOnce } from '../../../lib/io/async/turns.js'
import { MAX_SAMPLES } from '../../../lib/mp4/boxes/limits.js'
import { SampleTable } from '../../../lib/mp4/index/sample-table.js'
import { type TablesSpec, sampleTableBox } from '../../support/sample-tables.js'

const PLAIN: TablesSpec = {
  durations: [
    [2, 10],
    [3, 20],
  ],
  sizes: [1, 2, 3, 4, 5],
  map: [[1, 2]],
  chunks: [100, 200, 300],
}

function all(spec: TablesSpec) {
  const samples = atOnce(SampleTable.read(sampleTableBox(spec))).samples()
  const found: unknown[] = []
  while (samples.next()) {
    const { index, decodeTime, compositionTime, duration, offset, size, isSync } = samples
    found.push([index, decodeTime, compositionTime, duration, offset, size, isSync])
  }
  return found
}

t.test('returns the times, position, size and sync flag of each sample', async t => {
  const compositions = [
    [1, 5],
    [4, -10],
  ] as const
  t.same(all({ ...PLAIN, compositions, sync: [1, 4] }), [
    [0, 0, 5, 10, 100, 1, true],
    [1, 10, 0, 10, 101, 2, false],
    [2, 20, 10, 20, 200, 3, false],
    [3, 40, 30, 20, 203, 4, true],
    [4, 60, 50, 20, 300, 5, false],
  ])
})

t.test('treats samples without ctts and stss as sync samples, presented when decoded', async t => {
  const samples = atOnce(SampleTable.read(sampleTableBox(PLAIN))).samples()
  while (samples.next()) t.ok(samples.isSync && samples.compositionTime === samples.decodeTime)
  t.equal(samples.next(), false, 'the cursor stays at its end')
})

t.test('reads sizes of 4, 8 and 16 bits, and one size for all', async t => {
  for (const bits of [4, 8, 16] as const) t.same(all({ ...PLAIN, bits }), all(PLAIN), `${bits} bits`)
  const fixed = all({ ...PLAIN, sizes: { count: 5, size: 9 } }) as number[][]
  t.same(
    fixed.map(row => [row[4], row[5]]),
    [
      [100, 9],
      [109, 9],
      [200, 9],
      [209, 9],
      [300, 9],
    ],
  )
})

t.test('finds no samples in a track without any', async t => {
  t.same(all({ durations: [], sizes: [], map: [], chunks: [] }), [])
})

t.test('rejects contradicting tables before the first sample', async t => {
  const wrong: Partial<TablesSpec>[] = [{ durations: [[4, 1]] }, { chunks: [100, 200] }, { map: [[1, 1]] }]
  for (const part of wrong) {
    t.throws(() => atOnce(SampleTable.read(sampleTableBox({ ...PLAIN, ...part }))), {
      code: 'AVIO_ERR_MP4_BOX_INVALID',
    })
  }
})

t.test('skips sync samples out of order', async t => {
  const sync = (all({ ...PLAIN, sync: [4, 2, 0, 5, 99] }) as unknown[][]).map(row => row[6])
  t.same(sync, [false, false, false, true, true])
})

t.test('rejects at once twenty bytes that claim four billion samples', async t => {
  const claim = { count: 0xffffffff, size: 1 }
  const endless: TablesSpec = { ...PLAIN, durations: [[0xffffffff, 1]], sizes: claim, map: [[1, 0xffffffff]] }
  t.throws(() => atOnce(SampleTable.read(sampleTableBox(endless))), { code: 'AVIO_ERR_MP4_LIMIT' })
  const most = { ...endless, sizes: { count: MAX_SAMPLES, size: 1 } }
  t.equal(atOnce(SampleTable.read(sampleTableBox(most))).count, MAX_SAMPLES)
})

import t from 'tap'
import { atOnce } from '../../../lib/io/async/turns.js'
import { boxPart } from '../../../lib/mp4/boxes/box-writer.js'
import { parseFragment } from '../../../lib/mp4/fragments/fragment.js'
import { SampleLog } from '../../../lib/mp4/faststart/sample-log.js'
import { SampleTable } from '../../../lib/mp4/index/sample-table.js'
import { SAMPLE_TABLES, tableParts } from '../../../lib/mp4/faststart/sample-table-writer.js'
import { type SampleSpec, moof } from '../../support/fmp4.js'
import { topLevel } from '../../support/sample-tables.js'

function logOf(...runs: (readonly [place: number, entry: number, ...samples: SampleSpec[]])[]): SampleLog {
  const log = new SampleLog()
  for (const [place, entry, ...samples] of runs) {
    const bytes = moof({ sequence: 1, tracks: [{ id: 1, time: 0, runs: [{ samples }] }] }, 0)
    log.add(parseFragment(topLevel(bytes), () => undefined).tracks[0]!.runs[0]!, place, entry)
  }
  log.end()
  return log
}

function tablesOf(log: SampleLog, mediaStart: number) {
  const part = boxPart('stbl', tableParts(log, mediaStart))
  const bytes = Buffer.alloc(part.size)
  part.write(bytes, 0)
  return topLevel(bytes)
}

const FIRST: SampleSpec[] = [
  { size: 10, offset: 80 },
  { size: 20, duration: 41, offset: -3, sync: false },
]

t.test('writes tables that SampleTable reads back unchanged', t => {
  const stbl = tablesOf(
    logOf([0, 1, ...FIRST], [100, 1, { size: 5 }], [200, 2, { size: 6, sync: false }]),
    1000,
  )
  t.same(
    stbl.children.map(({ type }) => type),
    ['stts', 'ctts', 'stss', 'stsc', 'stsz', 'stco'],
  )
  t.ok(stbl.children.every(({ type }) => SAMPLE_TABLES.has(type)))
  t.equal(stbl.child('ctts')!.version, 1)
  const samples = atOnce(SampleTable.read(stbl)).samples()
  const rows: unknown[] = []
  while (samples.next()) {
    const { decodeTime, compositionTime, duration, offset, size, isSync } = samples
    rows.push([decodeTime, compositionTime, duration, offset, size, isSync])
  }
  t.same(rows, [
    [0, 80, 40, 1000, 10, true],
    [40, 37, 41, 1010, 20, false],
    [81, 81, 40, 1100, 5, true],
    [121, 121, 40, 1200, 6, false],
  ])
  const stsc = stbl.child('stsc')!
  t.same(
    Array.from({ length: 10 }, (_, n) => stsc.u32(4 + 4 * n)),
    [3, 1, 2, 1, 2, 1, 1, 3, 1, 2],
    'each chunk with its number of samples and its sample entry',
  )
  t.end()
})

t.test('leaves out defaults', t => {
  const log = logOf([0, 1, { size: 7 }, { size: 7 }, { size: 7 }])
  const stbl = tablesOf(log, 0)
  t.same(
    stbl.children.map(({ type, size }) => [type, size]),
    [
      ['stts', 24],
      ['stsc', 28],
      ['stsz', 20],
      ['stco', 20],
    ],
  )
  t.same([stbl.child('stsz')!.u32(4), stbl.child('stsz')!.u32(8)], [7, 3])
  t.same(
    tablesOf(logOf(), 0).children.map(({ type, size }) => [type, size]),
    [
      ['stts', 16],
      ['stsc', 16],
      ['stsz', 20],
      ['stco', 16],
    ],
    'a track without samples',
  )
  t.end()
})

t.test('uses 64 bits for offsets past 2^32 - 1, and not one byte before', t => {
  const log = logOf([0, 1, { size: 1 }], [2 ** 32 - 101, 1, { size: 1 }])
  t.equal(tablesOf(log, 100).child('stco')!.u32(12), 2 ** 32 - 1)
  const co64 = tablesOf(log, 101).child('co64')!
  t.same([co64.u64(8), co64.u64(16)], [101, 2 ** 32])
  t.end()
})

t.test('writes sdtp with a byte per sample if more than sync is known', t => {
  const log = logOf([0, 1, { size: 1 }, { size: 2, sync: false }])
  Object.defineProperty(log, 'hasDependencies', { value: true })
  t.same([...tablesOf(log, 0).child('sdtp')!.content], [0, 0, 0, 0, 0x20, 0x10])
  t.end()
})

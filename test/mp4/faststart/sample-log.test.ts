import t from 'tap'
import { parseFragment } from '../../../lib/mp4/fragments/fragment.js'
import type { SampleRun } from '../../../lib/mp4/fragments/sample-run.js'
import { MAX_EMPTY_SAMPLES } from '../../../lib/mp4/boxes/limits.js'
import { SampleLog } from '../../../lib/mp4/faststart/sample-log.js'
import { type RunSpec, type TrafSpec, box, fullBox, moof, u32 } from '../../support/fmp4.js'
import { heldBytes } from '../../support/held-bytes.js'
import { topLevel } from '../../support/sample-tables.js'

/** The run that `spec` describes. */
function runOf(spec: RunSpec, traf: Partial<TrafSpec> = {}) {
  const bytes = moof({ sequence: 1, tracks: [{ id: 1, time: 0, runs: [spec], ...traf }] }, 0)
  return parseFragment(topLevel(bytes), () => undefined).tracks[0]!.runs[0]!
}

/** A run of identical samples, without a table. */
function alike(count: number, duration: number, size: number, flags = 0x02000000) {
  const tfhd = fullBox('tfhd', 0, 0x38, u32(1, duration, size, flags))
  const bytes = box(
    'moof',
    fullBox('mfhd', 0, 0, u32(1)),
    box('traf', tfhd, fullBox('trun', 0, 0, u32(count))),
  )
  return parseFragment(topLevel(bytes), () => undefined).tracks[0]!.runs[0]!
}

t.test('turns the samples of fragments into columns', t => {
  const log = new SampleLog()
  log.seek(5000)
  const samples = [
    { size: 10, offset: 40 },
    { size: 20, offset: 120, sync: false },
    { size: 30, offset: 0, sync: false },
  ]
  log.add(runOf({ samples }), 0, 1)
  t.equal(log.seek(5130), true)
  log.add(runOf({ samples: [{ size: 40, duration: 50 }] }), 60, 1)
  log.end()
  t.equal(log.count, 4)
  t.equal(log.start, 5000)
  t.equal(log.duration, 180)
  t.equal(log.presentationStart, 40)
  t.equal(log.presentationEnd, 40 + 120 + 50)
  t.same(
    [...log.durations.entries()],
    [
      [2, 40],
      [2, 50],
    ],
  )
  t.same(
    [...log.offsets.entries()],
    [
      [1, 40],
      [1, 120],
      [2, 0],
    ],
  )
  t.same([...log.sizes!.values()], [10, 20, 30, 40])
  t.same([...log.syncSamples()], [1, 4])
  t.equal(log.syncTotal, 2)
  t.same([log.hasOffsets, log.hasNegativeOffset, log.hasDependencies], [true, false, false])
  t.end()
})

t.test('joins adjacent runs to one chunk, up to 1 MiB and within one sample entry', t => {
  const log = new SampleLog()
  const run = runOf({ samples: [{ size: 300_000 }] })
  for (const n of [0, 1, 2, 3]) log.add(run, n * 300_000, 1)
  log.add(run, 1_200_000, 2)
  log.add(run, 9_000_000, 2)
  log.end()
  t.same([...log.chunkStarts.values()], [0, 900_000, 1_200_000, 9_000_000])
  t.same([...log.chunkSamples.values()], [3, 1, 1, 1])
  t.same(
    [...log.chunkEntries.entries()],
    [
      [2, 1],
      [2, 2],
    ],
  )
  t.equal(log.lastChunk, 9_000_000)
  t.end()
})

t.test('stores no list for identical samples, however many', t => {
  const log = new SampleLog()
  for (let n = 0; n < 100; n++) log.add(alike(2 ** 24, 1, 4), n * 2 ** 26, 1)
  log.end()
  t.equal(log.count, 100 * 2 ** 24)
  t.same([log.constantSize, log.sizes, log.duration], [4, undefined, 100 * 2 ** 24])
  t.same([...log.durations.entries()], [[100 * 2 ** 24, 1]])
  t.equal(log.syncTotal, log.count)
  t.end()
})

t.test('stores a list of all sizes once one differs', t => {
  const log = new SampleLog()
  log.add(alike(3, 1, 4), 0, 1)
  log.add(alike(1, 1, 5), 12, 1)
  t.same([...log.sizes!.values()], [4, 4, 4, 5])
  t.equal(log.constantSize, 0)
  t.end()
})

t.test('limits samples without bytes or table rows', t => {
  const log = new SampleLog()
  t.equal(log.add(alike(MAX_EMPTY_SAMPLES, 1, 0), 0, 1), true)
  t.equal(log.add(alike(1, 1, 0), 0, 1), false)
  t.end()
})

t.test('makes the last sample longer for a gap, as far as a table can express it', t => {
  const log = new SampleLog()
  log.seek(0)
  log.add(runOf({ samples: [{ size: 1 }, { size: 1 }] }), 0, 1)
  t.equal(log.seek(2 ** 32 + 39), true)
  t.equal(log.seek(2 ** 32 + 40), false)
  t.end()
})

t.test('keeps dependencies beyond sync, and reports offsets below 0', t => {
  const log = new SampleLog()
  log.add(alike(2, 1, 4, 0x02000000), 0, 1)
  t.equal(log.hasDependencies, false)
  log.add(alike(1, 1, 4, 0x01810000), 0, 1)
  t.equal(log.hasDependencies, true)
  t.same(
    [...log.dependencies.entries()],
    [
      [2, 0x20],
      [1, 0x18],
    ],
  )
  log.add(runOf({ samples: [{ size: 1, offset: -5 }] }), 0, 1)
  t.equal(log.hasNegativeOffset, true)
  log.add(runOf({ samples: [{ size: 1, offset: -5 }], version: 0 }), 0, 1)
  t.equal(log.hasLargeOffset, true)
  t.end()
})

t.test('uses at most 9 bytes per frame with B-frames, and 3 per audio packet', async t => {
  const count = 2 ** 19
  const samples = Array.from({ length: 64 }, (_, n) => ({
    size: 3000 + ((n * 7919) % 60_000),
    offset: [1024, 2560, 1024, 0, 512][n % 5]!,
    sync: n === 0,
  }))
  const pictures = runOf({ samples })
  const sound = runOf({ samples: samples.map(({ size }) => ({ size: 300 + (size % 100), duration: 1024 })) })
  for (const [name, run, most] of [
    ['video', pictures, 9],
    ['audio', sound, 3],
  ] as const) {
    const held = await bytesASample(run, count / 64)
    t.ok(held > 1 && held <= most, `${name}: ${held} bytes a sample`)
  }
})

async function bytesASample(run: SampleRun, times: number): Promise<number> {
  const before = await heldBytes()
  const log = new SampleLog()
  for (let n = 0; n < times; n++) log.add(run, n * 2 ** 22, 1)
  log.end()
  return ((await heldBytes()) - before) / log.count
}

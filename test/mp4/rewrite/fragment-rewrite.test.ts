import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { type TimeShift, rewriteFragment } from '../../../lib/mp4/rewrite/fragment-rewrite.js'
import { parseFragment } from '../../../lib/mp4/fragments/fragment.js'
import { MAX_EMPTY_SAMPLES } from '../../../lib/mp4/boxes/limits.js'
import { type FragmentSpec, type TrafSpec, fragment, fullBox, u32, u64 } from '../../support/fmp4.js'

const NONE = { duration: 0, size: 0, flags: 0 }
/** The position of the fragment in its stream. */
const AT = 1000

const parse = (moof: Buffer, offset = AT) =>
  parseFragment(Box.topLevel(moof, 0, moof.length, offset, 0), () => NONE)
const moofOf = (spec: Partial<FragmentSpec> & { tracks: readonly TrafSpec[] }): Buffer => {
  const bytes = fragment({ sequence: 7, at: AT, ...spec })
  return bytes.subarray(0, bytes.readUInt32BE(0))
}

/** The samples of a moof: times, sizes, flags, and the positions of their data after the moof. */
function samplesOf(moof: Buffer, offset = AT) {
  const { tracks } = parse(moof, offset)
  const all = tracks.flatMap(({ decodeTime, runs }) => runs.map(run => ({ decodeTime, run })))
  return all.flatMap(({ decodeTime, run }) => {
    let time = decodeTime ?? NaN
    let at = run.start - offset - moof.length
    return Array.from({ length: run.sampleCount }, (_, n) => {
      const size = run.sizeAt(n)
      const sample = { at, size, time, offset: run.compositionOffsetAt(n), flags: run.flagsAt(n) }
      time += run.durationAt(n)
      at += size
      return sample
    })
  })
}

const rewritten = (moof: Buffer, shift: Partial<TimeShift> | undefined, offset = AT): Buffer | undefined =>
  rewriteFragment(parse(moof, offset), id =>
    id === 1 ? shift && { decodeShift: 0, offsetShift: 0, ...shift } : undefined,
  )

const SAMPLES = [
  { size: 9, offset: 80 },
  { size: 4, offset: 200, sync: false },
  { size: 3, offset: 0, sync: false, duration: 50 },
]
const SOUND: TrafSpec = { id: 2, time: 5, runs: [{ samples: [{ size: 6 }, { size: 7 }] }] }

t.test('moves decode times and offsets of one track, and leaves the other unchanged', async t => {
  for (const tfdtVersion of [0, 1] as const) {
    for (const version of [0, 1]) {
      const runs = [
        { samples: SAMPLES, version },
        { samples: SAMPLES.slice(0, 1), shift: null },
      ]
      const moof = moofOf({ tracks: [{ id: 1, time: 1000, tfdtVersion, runs }, SOUND] })
      const moved = rewritten(moof, { decodeShift: 269, offsetShift: 80 })!
      const expected = samplesOf(moof).map((sample, n) =>
        n < 4 ? { ...sample, time: sample.time + 269, offset: sample.offset - 80 } : sample,
      )
      t.same(samplesOf(moved), expected)
      t.ok(moved.subarray(-32).equals(moof.subarray(-32)), 'rows of the other track are the same')
    }
  }
})

t.test('adds offsets to runs without any, and finds the data at its old position', async t => {
  for (const without of [['offset'], ['offset', 'duration'], ['offset', 'flags', 'size']] as const) {
    for (const firstFlags of [true, false]) {
      const samples = SAMPLES.map(sample => ({ ...sample, size: 5, offset: 0, duration: 40 }))
      const defaults = { duration: 40, size: 5, flags: 0x01010000 }
      const runs = [{ samples, without, firstFlags }, { samples: SAMPLES }]
      const moof = moofOf({ tracks: [SOUND, { id: 1, time: 1000, runs, defaults }] })
      const moved = rewritten(moof, { offsetShift: 80 })!
      t.equal(moved.length, moof.length + 4 * samples.length)
      const expected = samplesOf(moof).map((sample, n) =>
        n < 2 ? sample : { ...sample, offset: sample.offset - 80 },
      )
      t.same(samplesOf(moved), expected, `${without.join()}, ${firstFlags}`)
    }
  }
})

t.test('makes data offsets relative to the moof, whatever their base was', async t => {
  for (const base of ['stated', 'neither', 'moof'] as const) {
    for (const shift of [undefined, { decodeShift: 20, offsetShift: 80 }]) {
      const baseShift = base === 'stated' ? 0 : undefined
      const more = baseShift === undefined ? {} : { baseShift }
      const first = { id: 1, time: 1000, base, ...more, runs: [{ samples: SAMPLES }] }
      const moof = moofOf({ tracks: [first, { ...SOUND, base, ...more }] })
      const moved = rewritten(moof, shift)
      if (base === 'moof' && shift === undefined) {
        t.equal(moved, undefined, 'nothing to do')
        continue
      }
      const { decodeShift, offsetShift } = shift ?? { decodeShift: 0, offsetShift: 0 }
      const expected = samplesOf(moof).map((sample, n) =>
        n < 3 ? { ...sample, time: sample.time + decodeShift, offset: sample.offset - offsetShift } : sample,
      )
      t.same(samplesOf(moved!, 0), expected, `${base}: as a segment of its own`)
      for (const { defaultBaseIsMoof, baseDataOffset } of parse(moved!).tracks) {
        t.same([defaultBaseIsMoof, baseDataOffset], [true, undefined])
      }
    }
  }
})

t.test('adds a data offset to a run without one', async t => {
  const moof = moofOf({
    tracks: [{ id: 1, time: 0, base: 'stated', baseShift: 500, runs: [{ samples: SAMPLES, shift: null }] }],
  })
  const moved = rewritten(moof, undefined)!
  t.equal(samplesOf(moved, 0)[0]!.at, 500 - moof.length)
})

t.test('moves the offsets of encryption data, within the moof and after it', async t => {
  for (const version of [0, 1]) {
    const places = version === 0 ? u32(100, 5000) : u64(100, 5000)
    for (const flags of [0, 1]) {
      const type = flags === 1 ? [u32(0x63656e63, 0)] : []
      const boxes = fullBox('saio', version, flags, ...type, u32(2), places)
      const runs = [{ samples: SAMPLES, without: ['offset' as const] }]
      const moof = moofOf({ tracks: [{ id: 1, time: 0, runs, boxes }] })
      const moved = rewritten(moof, { offsetShift: 80 })!
      const saio = parse(moved).tracks[0]!.box.needChild('saio')
      const at = 8 + flags * 8
      const found = version === 0 ? [saio.u32(at), saio.u32(at + 4)] : [saio.u64(at), saio.u64(at + 8)]
      t.same(found, [100, 5012], 'before the run, and after it')
    }
  }
})

t.test('counts offsets of encryption data from the base of data offsets', async t => {
  const boxes = fullBox('saio', 0, 0, u32(1, 10))
  const runs = [{ samples: SAMPLES, shift: null }]
  const moof = moofOf({ tracks: [{ id: 1, time: 0, base: 'stated', baseShift: 500, runs, boxes }] })
  const moved = rewritten(moof, undefined)!
  t.equal(parse(moved).tracks[0]!.box.needChild('saio').u32(8), 510 + moved.length - moof.length)
})

t.test('rejects encryption data at more positions than possible', async t => {
  const runs = [{ samples: SAMPLES }]
  const boxes = fullBox('saio', 0, 0, u32(0xffffffff, 100))
  const moof = moofOf({ tracks: [{ id: 1, time: 0, runs, boxes }] })
  t.throws(() => rewritten(moof, { offsetShift: 80 }), { name: 'Mp4Error' })
})

t.test('lets an explicit base override other flags', async t => {
  const moof = moofOf({ tracks: [{ id: 1, time: 0, base: 'stated', runs: [{ samples: SAMPLES }] }] })
  moof.writeUInt8(moof.readUInt8(moof.indexOf('tfhd') + 5) | 2, moof.indexOf('tfhd') + 5)
  const moved = rewritten(moof, undefined)
  t.match(parse(moved!).tracks, [{ defaultBaseIsMoof: true, baseDataOffset: undefined }])
})

t.test('rejects times that do not fit, and too many samples without data', async t => {
  const moof = (time: number, offset: number) =>
    moofOf({ tracks: [{ id: 1, time, runs: [{ samples: [{ size: 1, offset }], version: 0 }] }] })
  const invalid = { code: 'AVIO_ERR_MP4_BOX_INVALID', trackId: 1 }
  t.throws(() => rewritten(moof(10, 0), { decodeShift: -11 }), invalid)
  t.throws(() => rewritten(moof(2 ** 53 - 5, 0), { decodeShift: 10 }), invalid)
  t.throws(() => rewritten(moof(0, 2 ** 31 + 5), { offsetShift: 4 }), invalid)
  t.equal(samplesOf(rewritten(moof(0, 2 ** 31 + 3), { offsetShift: 4 })!)[0]!.offset, 2 ** 31 - 1)
  const claim = fullBox('trun', 0, 0, u32(MAX_EMPTY_SAMPLES / 2))
  const many = moofOf({ tracks: [{ id: 1, time: 0, runs: [], boxes: Buffer.concat([claim, claim]) }] })
  t.ok(rewritten(many, { offsetShift: 4 })!.length > 4 * MAX_EMPTY_SAMPLES)
  const claims = Buffer.concat([claim, claim, claim])
  const still = { id: 2, time: 0, runs: [], boxes: claims }
  const first = { id: 1, time: 0, runs: [{ samples: SAMPLES }] }
  t.ok(rewritten(moofOf({ tracks: [first, still] }), { offsetShift: 4 }), 'another track is unchanged')
  const more = moofOf({ tracks: [{ id: 1, time: 0, runs: [], boxes: claims }] })
  t.throws(() => rewritten(more, { offsetShift: 4 }), { code: 'AVIO_ERR_MP4_LIMIT', trackId: 1 })
})

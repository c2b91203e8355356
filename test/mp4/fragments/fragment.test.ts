import inspector from 'mux.js/lib/tools/mp4-inspector.js'
import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { BoxReader } from '../../../lib/mp4/boxes/box-reader.js'
import { Fragment, parseFragment } from '../../../lib/mp4/fragments/fragment.js'
import { MAX_BOXES } from '../../../lib/mp4/boxes/limits.js'
import { type SampleRun, isSync } from '../../../lib/mp4/fragments/sample-run.js'
import { MiB } from '../../../lib/options.js'
import { type FragmentSpec, box, fragment, fullBox, moof, sampleFlags, u32, u64 } from '../../support/fmp4.js'
import {
  AAC,
  FRAGMENTED,
  H264_B_FRAMES,
  bothInputs,
  ffmpegToPipe,
  fragmentedMp4,
} from '../../support/media.js'

const topLevel = (bytes: Buffer): Box => Box.topLevel(bytes, 0, bytes.length, 0, 0)
const NONE = { duration: 0, size: 0, flags: 0 }
const parse = (spec: FragmentSpec, defaults = NONE): Fragment =>
  parseFragment(topLevel(moof(spec, 0)), () => defaults)

t.test('reads the number, tracks, times and runs of a fragment', async t => {
  const samples = [
    { size: 3, duration: 40 },
    { size: 4, duration: 50, sync: false, offset: -20 },
  ]
  const { sequence, tracks } = parse({
    sequence: 9,
    tracks: [
      { id: 1, time: 2 ** 40, runs: [{ samples }, { samples: [{ size: 1 }], shift: null }] },
      { id: 2, time: 70, tfdtVersion: 0, base: 'stated', baseShift: 2 ** 33, runs: [] },
      { id: 3, time: null, base: 'neither', durationIsEmpty: true, defaults: { duration: 9 }, runs: [] },
    ],
  })
  t.equal(sequence, 9)
  t.same(
    tracks.map(({ trackId, decodeTime, baseDataOffset, defaultBaseIsMoof, durationIsEmpty, defaults }) => [
      ...[trackId, decodeTime, baseDataOffset, defaultBaseIsMoof, durationIsEmpty, defaults.duration],
    ]),
    [
      [1, 2 ** 40, undefined, true, false, 0],
      [2, 70, 2 ** 33, false, false, 0],
      [3, undefined, undefined, false, true, 9],
    ],
  )
  const [first, second] = tracks[0]!.runs
  t.same([first!.sampleCount, first!.dataOffset, second!.dataOffset], [2, 0, undefined])
  t.same([first!.durationAt(1), first!.sizeAt(1), first!.compositionOffsetAt(1)], [50, 4, -20])
  t.same([isSync(first!.flagsAt(0)), isSync(first!.flagsAt(1))], [true, false])
  t.same(first!.totals, { duration: 90, size: 7, presentationStart: 0, presentationEnd: 70 })
  t.equal(first!.totals, first!.totals, 'added up once')
})

t.test(
  'treats the samples of a run without a table as identical, and reads their sample entry from tfhd',
  async t => {
    const without = ['duration', 'size', 'flags', 'offset'] as const
    const alike = { samples: [{ size: 0 }, { size: 0 }], without }
    const { tracks } = parse({
      sequence: 1,
      tracks: [{ id: 1, time: 0, runs: [alike, { samples: [{ size: 1 }] }] }],
    })
    t.same(
      tracks[0]!.runs.map(run => run.isUniform),
      [true, false],
    )
    t.equal(tracks[0]!.sampleDescription, undefined)
    const tfhd = fullBox('tfhd', 0, 0x0a, u32(1, 3, 50))
    const moofBytes = box('moof', fullBox('mfhd', 0, 0, u32(1)), box('traf', tfhd))
    const stated = parseFragment(topLevel(moofBytes), () => NONE).tracks[0]!
    t.same([stated.sampleDescription, stated.defaults.duration], [3, 50])
  },
)

t.test('is the same whether it was read anew or in place of another fragment', async t => {
  const samples = [
    { size: 3, duration: 40, offset: 7 },
    { size: 4, sync: false },
  ]
  const specs: FragmentSpec[] = [
    {
      sequence: 1,
      tracks: [{ id: 1, time: 2 ** 40, runs: [{ samples }, { samples, shift: 9, firstFlags: true }] }],
    },
    { sequence: 2, tracks: [{ id: 2, time: null, base: 'stated', durationIsEmpty: true, runs: [] }] },
    {
      sequence: 3,
      tracks: [1, 2, 3].map(id => ({ id, time: id, runs: [{ samples: [{ size: id }], shift: null }] })),
    },
    {
      sequence: 4,
      tracks: [{ id: 3, time: 5, base: 'neither', runs: [{ samples, without: ['size', 'offset'] }] }],
    },
    { sequence: 5, tracks: [{ id: 1, time: 0, runs: [], boxes: box('saio') }] },
    { sequence: 6, tracks: [{ id: 1, time: 0, runs: [] }] },
    { sequence: 7, tracks: [] },
  ]
  const again = new Fragment()
  for (const spec of [...specs, ...specs.reverse()]) {
    const bytes = moof(spec, 0)
    const trun = bytes.indexOf('trun')
    again.read(topLevel(bytes), () => NONE)
    t.same(
      described(again),
      described(parseFragment(topLevel(bytes), () => NONE)),
      `fragment ${spec.sequence}`,
    )
    // One that fails halfway leaves nothing behind.
    if (trun < 0) continue
    bytes.writeUInt32BE(0xffffffff, trun + 8)
    t.throws(() => again.read(topLevel(bytes), () => NONE), { code: 'AVIO_ERR_MP4_LIMIT' })
  }
})

t.test('makes no objects for a fragment like the one before', async t => {
  const bytes = moof({ sequence: 1, tracks: [{ id: 1, time: 0, runs: [{ samples: [{ size: 1 }] }] }] }, 0)
  const again = new Fragment()
  again.read(topLevel(bytes), () => NONE)
  const [track] = again.tracks
  const [run] = track!.runs
  again.read(topLevel(bytes), () => NONE)
  t.equal(again.tracks[0], track)
  t.equal(again.tracks[0]!.runs[0], run)
  t.equal(run!.box, run!.box, 'the tree of boxes is made once, on demand')
})

/** All that a fragment says. */
function described({ box, sequence, tracks }: Fragment) {
  return {
    path: box.path,
    sequence,
    tracks: tracks.map(({ traf, runs, ...track }) => ({
      ...track,
      defaults: { ...tracks.find(({ traf: own }) => own === traf)!.defaults },
      place: [traf.path, traf.offset, traf.box.path],
      runs: runs.map(run => ({
        place: [run.trun.path, run.trun.offset, run.box.path],
        ...{ trackId: run.trackId, dataOffset: run.dataOffset, start: run.start, end: run.end },
        ...{ isUniform: run.isUniform, totals: { ...run.totals }, samples: ours(run) },
      })),
    })),
  }
}

t.test('takes missing sample values from tfhd, and then from trex', async t => {
  const samples = [{ size: 1 }, { size: 1 }]
  const defaults = { duration: 7, size: 8, flags: sampleFlags(false) }
  const without = ['duration', 'size', 'flags', 'offset'] as const
  const { tracks } = parse(
    { sequence: 1, tracks: [{ id: 1, time: 0, defaults: { size: 5 }, runs: [{ samples, without }] }] },
    defaults,
  )
  const first = tracks[0]!.runs[0]!
  t.same([first.durationAt(1), first.sizeAt(1), first.flagsAt(0)], [7, 5, sampleFlags(false)])
  t.same(first.totals, { duration: 14, size: 10, presentationStart: 0, presentationEnd: 14 })
  t.same(tracks[0]!.defaults, { duration: 7, size: 5, flags: sampleFlags(false) })
})

t.test('rejects a fragment without a required box, with its position', async t => {
  const box = (...children: Buffer[]): Box => topLevel(fragmentBox('moof', ...children))
  const parse = (moof: Box): Fragment => parseFragment(moof, () => undefined)
  t.throws(() => parse(box()), { code: 'AVIO_ERR_MP4_BOX_MISSING', boxPath: 'moof[0]' })
  const mfhd = fullBox('mfhd', 0, 0, u32(1))
  t.throws(() => parse(box(mfhd, fragmentBox('traf'))), {
    code: 'AVIO_ERR_MP4_BOX_MISSING',
    boxPath: 'moof[0]/traf[0]',
  })
  const late = fragmentBox('traf', fullBox('tfhd', 0, 0, u32(1)), fullBox('tfdt', 1, 0, u64(-1)))
  t.throws(() => parse(box(mfhd, late)), {
    code: 'AVIO_ERR_MP4_BOX_INVALID',
    boxPath: 'moof[0]/traf[0]/tfdt',
  })
  const short = fragmentBox('traf', fullBox('tfhd', 0, 0x39, u32(1), u64(0)))
  t.throws(() => parse(box(mfhd, short)), {
    code: 'AVIO_ERR_MP4_BOX_INVALID',
    boxPath: 'moof[0]/traf[0]/tfhd',
  })
})

t.test('rejects boxes that do not fit, and more boxes than any file has', async t => {
  const mfhd = fullBox('mfhd', 0, 0, u32(1))
  const traf = (...children: Buffer[]): Buffer => box('traf', fullBox('tfhd', 0, 0, u32(1)), ...children)
  const parse = (...children: Buffer[]): Fragment =>
    parseFragment(topLevel(box('moof', ...children)), () => NONE)
  const long = Buffer.concat([u32(13), Buffer.from('trun')])
  t.throws(
    () => parse(long),
    { code: 'AVIO_ERR_MP4_BOX_SIZE', boxPath: 'moof[0]/byte 0' },
    'before a missing mfhd',
  )
  t.throws(() => parse(mfhd, traf(), traf(long)), {
    code: 'AVIO_ERR_MP4_BOX_SIZE',
    boxPath: 'moof[0]/traf[1]/byte 16',
  })
  const empty = (count: number): Buffer => Buffer.alloc(count * 8).fill(box('free'))
  t.equal(parse(mfhd, traf(empty(MAX_BOXES / 2)), traf(empty(MAX_BOXES / 2 - 5))).tracks.length, 2)
  const limit = { code: 'AVIO_ERR_MP4_LIMIT' }
  t.throws(() => parse(mfhd, empty(MAX_BOXES)), { ...limit, boxPath: 'moof[0]' })
  t.throws(() => parse(mfhd, traf(empty(MAX_BOXES / 2)), traf(empty(MAX_BOXES / 2 - 4))), {
    ...limit,
    boxPath: 'moof[0]/traf[1]',
  })
})

function fragmentBox(type: string, ...children: Buffer[]): Buffer {
  const content = Buffer.concat(children)
  return Buffer.concat([u32(content.length + 8), Buffer.from(type), content])
}

/** Every `moof` of a stream. */
function moofs(bytes: Buffer): Box[] {
  const found: Box[] = []
  const reader = new BoxReader(
    {
      onBox: ({ type }) => (type === 'moof' ? 'collect' : 'pass'),
      onCollected: box => void found.push(box),
      onPassed: () => undefined,
    },
    MiB,
  )
  reader.write(bytes)
  reader.end()
  return found
}

/** The samples of a run as this library reads them, with the names of mux.js. */
function ours(run: SampleRun): unknown {
  return Array.from({ length: run.sampleCount }, (_, n) => ({
    duration: run.durationAt(n),
    size: run.sizeAt(n),
    compositionTimeOffset: run.compositionOffsetAt(n),
    isSync: isSync(run.flagsAt(n)),
  }))
}

t.test('reads real and synthetic fragments like mux.js', async t => {
  const options = { seconds: 2 }
  const sources = {
    plain: await fragmentedMp4(options),
    'B-frames, unsigned offsets, a fragment every 200 ms': await ffmpegToPipe([
      ...[...bothInputs(options), ...H264_B_FRAMES, ...AAC, ...FRAGMENTED],
      ...['-frag_duration', '200000'],
    ]),
    'B-frames, signed offsets, explicit base offsets': await ffmpegToPipe([
      ...[...bothInputs(options), ...H264_B_FRAMES, ...AAC],
      ...['-movflags', '+frag_keyframe+empty_moov+negative_cts_offsets', '-f', 'mp4'],
    ]),
    'a fragment per frame': await ffmpegToPipe([
      ...[...bothInputs(options), ...H264_B_FRAMES, ...AAC],
      ...['-movflags', '+frag_every_frame+empty_moov+default_base_moof', '-f', 'mp4'],
    ]),
    synthetic: Buffer.concat(
      [[], ['duration'], ['size', 'offset'], ['flags'], ['duration', 'size', 'flags', 'offset']].map(
        (without, n) => {
          const samples = [{ size: 7 }, { size: 7, sync: false, offset: n - 2 }]
          const runs = [{ samples, without: without as 'size'[], version: n % 2, firstFlags: n === 3 }]
          const defaults = { duration: 40, size: 7, flags: sampleFlags(false) }
          return fragment({ sequence: n + 1, tracks: [{ id: 1, time: n * 80, defaults, runs }] })
        },
      ),
    ),
  }
  for (const [name, bytes] of Object.entries(sources)) {
    let runs = 0
    for (const box of moofs(bytes)) {
      const { tracks } = parseFragment(box, () => NONE)
      for (const { box: traf, trackId, decodeTime, baseDataOffset, defaults, runs: ownRuns } of tracks) {
        const header = inspector.parseTfhd(traf.needChild('tfhd').content)
        t.equal(trackId, header.trackId)
        t.equal(baseDataOffset, header.baseDataOffset)
        t.equal(Number(inspector.parseTfdt(traf.needChild('tfdt').content).baseMediaDecodeTime), decodeTime)
        for (const run of ownRuns) {
          const { dataOffset, samples } = inspector.parseTrun(run.box.content)
          t.equal(run.dataOffset, dataOffset)
          const theirs = samples.map(sample => ({
            duration: sample.duration ?? header.defaultSampleDuration ?? 0,
            size: sample.size ?? header.defaultSampleSize ?? 0,
            compositionTimeOffset: sample.compositionTimeOffset ?? 0,
            isSync: sample.flags ? sample.flags.isNonSyncSample === 0 : isSync(defaults.flags),
          }))
          t.same(ours(run), theirs, name)
          runs++
        }
      }
    }
    t.ok(runs >= 4, `${name}: ${runs} runs`)
  }
})

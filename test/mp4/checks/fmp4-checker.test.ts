import t from 'tap'
import { Mp4Error } from '../../../lib/errors.js'
import { MP4_ERROR_CODES } from '../../../lib/errors/codes.js'
import { type CheckerOptions, Fmp4Checker } from '../../../lib/mp4/checks/fmp4-checker.js'
import type {
  Fmp4Fragment,
  Fmp4Init,
  ValidationReport,
  ValidationWarning,
} from '../../../lib/mp4/checks/validation-report.js'
import { MAX_REPORTED_WARNINGS } from '../../../lib/mp4/checks/validation-report.js'
import { KiB, MiB } from '../../../lib/options.js'
import {
  AUDIO,
  VIDEO,
  box,
  emptyTables,
  endlessBox,
  fragment,
  ftyp,
  fullBox,
  longBox,
  moof,
  moov,
  offsetOf,
  plainFragment,
  stream,
  u16,
  u32,
} from '../../support/fmp4.js'

/** The results of checking `bytes`. */
interface Checked {
  readonly error: unknown
  readonly init: Fmp4Init | undefined
  readonly fragments: readonly Fmp4Fragment[]
  readonly warnings: readonly ValidationWarning[]
  readonly report: ValidationReport
}

function check(bytes: Buffer, options: Partial<CheckerOptions> = {}): Checked {
  let init: Fmp4Init | undefined
  const fragments: Fmp4Fragment[] = []
  const warnings: ValidationWarning[] = []
  const checker = new Fmp4Checker(
    { strict: true, maxBoxSize: MiB, ...options },
    {
      onInit: found => (init = found),
      onFragment: describe => fragments.push(describe()),
      onWarning: warning => warnings.push(warning),
    },
  )
  let error: unknown
  try {
    checker.write(bytes)
    checker.end()
  } catch (thrown) {
    error = thrown
  }
  return { error, init, fragments, warnings, report: checker.report() }
}

const init = Buffer.concat([ftyp(), moov([VIDEO, AUDIO])])
const one = plainFragment(1)
const two = plainFragment(2)
const good = stream(one, two)

t.test('accepts a good stream: init, fragments, and a report', async t => {
  const { error, init, fragments, warnings, report } = check(good)
  t.equal(error, undefined)
  t.match(init, { timescale: 1000, byteLength: offsetOf(good, 'moof[0]'), tracks: [{ id: 1 }, { id: 2 }] })
  t.match(fragments, [
    { sequence: 1, byteOffset: offsetOf(good, 'moof[0]') },
    { sequence: 2, byteOffset: offsetOf(good, 'moof[1]') },
  ])
  t.equal(fragments[1]!.byteOffset + fragments[1]!.byteLength, good.length)
  t.same(fragments[1]!.tracks[0], {
    ...{ trackId: 1, start: 0.08, duration: 0.08, startTicks: 80, durationTicks: 80 },
    ...{ sampleCount: 2, byteLength: 50, sync: true },
  })
  t.same(warnings, [])
  t.same(report, {
    duration: 0.16,
    tracks: [
      {
        id: 1,
        kind: 'video',
        codec: 'avc1.640028',
        start: 0,
        duration: 0.16,
        sampleCount: 4,
        byteLength: 100,
      },
      { id: 2, kind: 'audio', codec: 'mp4a.40.2', start: 0, duration: 0.16, sampleCount: 4, byteLength: 22 },
    ],
    fragments: 2,
    bytes: good.length,
    complete: true,
    warnings: [],
    warningCount: 0,
  })
})

const sidx = fullBox('sidx', 0, 0, u32(1, 1000, 0, 0), u16(0, 1), u32(100, 80, 0x90000000))
const emsg = fullBox('emsg', 0, 0, 'urn:x\0v\0', u32(1000, 1, 9, 4), 'data')
const prft = fullBox('prft', 1, 0, Buffer.alloc(24))
const uuid = box('uuid', Buffer.alloc(16, 9), 'tfxd')
const mfra = box('mfra', fullBox('mfro', 0, 0, u32(24)))
const styp = box('styp', 'msdh', u32(0), 'msdh', 'msix')
const free = box('free', Buffer.alloc(100))
const samples = [{ size: 30 }, { size: 20, sync: false }]

const soundAlone = { sequence: 2, tracks: [one.tracks[1]!] }

t.test('accepts layouts that the standard allows', async t => {
  const at = init.length
  const layouts: Record<string, Buffer> = {
    'segments with styp and sidx': stream(styp, sidx, one, styp, sidx, sidx, two),
    'events, clocks and private boxes between fragments': stream(emsg, prft, uuid, one, uuid, emsg, two),
    'padding anywhere': Buffer.concat([stream(free, one, free, two), free, uuid, mfra, free]),
    'padding between moof and mdat': stream({ ...one, between: free }, { ...two, between: emsg }),
    'a 64-bit mdat': stream({ ...one, mdat: longBox }, two),
    'a last mdat to the end of the file': stream(one, { ...two, mdat: endlessBox }),
    'empty mdats': stream(one, box('mdat'), box('mdat'), two),
    'explicit base offsets, and none': stream(
      { ...one, tracks: one.tracks.map(traf => ({ ...traf, base: 'stated' as const })) },
      { ...two, tracks: two.tracks.map(traf => ({ ...traf, base: 'neither' as const })) },
    ),
    'several runs, of which only the first has an offset': stream(
      { sequence: 1, tracks: [{ id: 1, time: 0, runs: [{ samples }, { samples, shift: null }] }] },
      soundAlone,
    ),
    'a fragment for each track': stream(
      { sequence: 1, tracks: [one.tracks[0]!] },
      { sequence: 2, tracks: [one.tracks[1]!] },
    ),
    'a fragment with an empty duration': stream(
      Buffer.concat([
        moof({ sequence: 1, tracks: [{ id: 1, time: 0, durationIsEmpty: true, runs: [] }] }, 0),
      ]),
      { ...plainFragment(2, 0) },
    ),
    'one fragment in two mdats': Buffer.concat([
      init,
      moof({ sequence: 1, at, tracks: [{ id: 1, time: 0, runs: [{ samples }, { samples, shift: 8 }] }] }, 0),
      box('mdat', Buffer.alloc(50)),
      box('mdat', Buffer.alloc(50)),
      fragment(soundAlone),
    ]),
    'encryption data in the mdat': stream(
      {
        sequence: 1,
        tracks: [{ id: 1, time: 0, boxes: fullBox('saio', 0, 0, u32(1, 0)), runs: [{ samples }] }],
        data: Buffer.alloc(66),
      },
      soundAlone,
    ),
    'a styp first': Buffer.concat([styp, moov([VIDEO, AUDIO]), fragment(one)]),
    'unknown boxes': stream(box('abcd', 'x'), one, box('wxyz', 'y'), two),
  }
  // The data of the fragment in two mdats begins after its moof and the header of the mdat.
  const twice = layouts['one fragment in two mdats']!
  for (const n of [0, 1]) {
    const offset = offsetOf(twice, `moof/traf/trun[${n}]`) + 16
    twice.writeInt32BE(twice.readInt32BE(offset) + offsetOf(twice, 'mdat') - at + 8, offset)
  }
  for (const [name, bytes] of Object.entries(layouts)) {
    const { error, report } = check(bytes)
    t.equal(error, undefined, name)
    t.ok(report.complete && report.fragments > 0, `${name}: ${report.fragments} fragments`)
  }
})

/** Changes a copy of a good stream. */
function change(alter: (bytes: Buffer) => void, bytes = good): Buffer {
  const copy = Buffer.from(bytes)
  alter(copy)
  return copy
}

const rename = (path: string, type: string): Buffer =>
  change(bytes => bytes.write(type, offsetOf(bytes, path) + 4, 'latin1'))

const zero = (path: string): Buffer => change(bytes => bytes.writeUInt32BE(0, offsetOf(bytes, path)))

const [picture, sound] = two.tracks as [(typeof two.tracks)[0], (typeof two.tracks)[0]]
const cut = good.subarray(0, good.length - 1)

const FAULTS: Record<string, [bytes: Buffer, code: string, boxPath?: string, trackId?: number]> = {
  'no bytes': [Buffer.alloc(0), 'EMPTY'],
  'a transport stream': [Buffer.from('47401110004200f0', 'hex'), 'NOT_MP4'],
  'a web page': [Buffer.from('<!DOCTYPE html><html><body>It works!</body></html>'), 'NOT_MP4'],
  'an error as JSON': [Buffer.from('{"error":"no such job"}'), 'NOT_MP4'],
  zeros: [Buffer.alloc(100), 'NOT_MP4'],
  'a moov first': [Buffer.concat([moov([VIDEO]), fragment(one)]), 'FTYP_MISSING', 'moov'],
  'a stream without an initialization segment': [
    Buffer.concat([styp, fragment(one)]),
    'MOOV_MISSING',
    'moof[0]',
  ],
  'only an ftyp': [ftyp(), 'MOOV_MISSING'],
  'only an initialization segment': [init, 'NO_FRAGMENT'],
  'a track without samples': [
    stream({ ...one, tracks: [one.tracks[0]!] }, { ...two, tracks: [picture] }),
    'NO_FRAGMENT',
    'moov/trak[1]',
    2,
  ],
  'a track with empty runs only': [
    stream({ ...one, tracks: [one.tracks[0]!, { ...sound, time: 0, runs: [{ samples: [] }] }] }),
    'NO_FRAGMENT',
    'moov/trak[1]',
    2,
  ],
  'an ordinary MP4 with its index first': [
    Buffer.concat([ftyp(), moov([{ ...VIDEO, tables: emptyTables(2) }], { mvex: false }), box('mdat', 'xx')]),
    'NOT_FRAGMENTED',
    'moov',
  ],
  'an ordinary MP4 with its index last': [
    Buffer.concat([ftyp(), free, box('mdat', 'xx'), moov([VIDEO], { mvex: false })]),
    'SAMPLES_OUTSIDE_FRAGMENT',
    'mdat[0]',
  ],
  'samples in moov': [
    Buffer.concat([ftyp(), moov([{ ...VIDEO, tables: emptyTables(2) }]), box('mdat', 'xx'), fragment(one)]),
    'SAMPLES_OUTSIDE_FRAGMENT',
    'moov/trak[0]/mdia/minf/stbl',
    1,
  ],
  'an mdat without a fragment': [stream(one, box('mdat', 'xx'), two), 'SAMPLES_OUTSIDE_FRAGMENT', 'mdat[1]'],
  'a track without trex': [
    Buffer.concat([ftyp(), moov([VIDEO, { ...AUDIO, trex: null }]), fragment(one)]),
    'TREX_MISSING',
    'moov/trak[1]',
    2,
  ],
  'a moof without its mdat': [rename('mdat[0]', 'free'), 'MDAT_MISSING', 'moof[0]/traf[0]/trun[0]', 1],
  'a last moof without its mdat': [rename('mdat[1]', 'free'), 'MDAT_MISSING', 'moof[1]/traf[0]/trun[0]', 1],
  'sequence numbers that do not rise': [stream(one, { ...two, sequence: 1 }), 'SEQUENCE', 'moof[1]'],
  'a missing fragment': [stream(one, plainFragment(3)), 'FRAGMENT_LOST', 'moof[1]/traf[0]/tfdt', 1],
  'an unannounced track': [
    stream(one, { ...two, tracks: [{ ...picture, id: 3 }, sound] }),
    'TRACK_UNKNOWN',
    'moof[1]/traf[0]',
    3,
  ],
  'a wrong data offset': [
    stream(one, { ...two, tracks: [{ ...picture, runs: [{ samples, shift: -8 }] }, sound] }),
    'DATA_OFFSET',
    'moof[1]/traf[0]/trun[0]',
    1,
  ],
  'a wrong base': [
    stream(one, { ...two, tracks: [{ ...picture, base: 'stated', baseShift: 10_000 }] }),
    'DATA_OFFSET',
    'moof[1]/traf[0]/trun[0]',
    1,
  ],
  'an overlong sample': [
    stream(one, { ...two, data: Buffer.alloc(60) }),
    'SAMPLE_SIZE',
    'moof[1]/traf[1]/trun[0]',
    2,
  ],
  'an overlong mdat': [stream(one, { ...two, data: Buffer.alloc(62) }), 'SAMPLE_SIZE', 'mdat[1]'],
  'no tfdt': [
    stream(one, { ...two, tracks: [{ ...picture, time: null }, sound] }),
    'TFDT_MISSING',
    'moof[1]/traf[0]',
    1,
  ],
  'times that run backwards': [stream(one, plainFragment(2, 0)), 'TFDT_OVERLAP', 'moof[1]/traf[0]/tfdt', 1],
  'a first frame that is not a key frame': [
    stream({ ...one, tracks: [{ id: 1, time: 0, runs: [{ samples: [{ size: 1, sync: false }] }] }] }),
    'FIRST_SAMPLE_NOT_SYNC',
    'moof[0]/traf[0]/trun[0]',
    1,
  ],
  'a moov of size 0': [zero('moov'), 'SIZE_ZERO', 'moov'],
  'a moof of size 0': [zero('moof[1]'), 'SIZE_ZERO', 'moof[1]'],
  'another box of size 0': [Buffer.concat([good, endlessBox('free')]), 'BOX_SIZE', 'free[0]'],
  'a size less than the header': [Buffer.concat([good, u32(7), Buffer.from('free')]), 'BOX_SIZE', 'free[0]'],
  'a line of text at the end': [Buffer.concat([good, Buffer.from('The end.\n')]), 'BOX_TRUNCATED', 'end.[0]'],
  'binary at the end': [Buffer.concat([good, Buffer.from('0102030405060708', 'hex')]), 'BOX_TYPE'],
  'zeros at the end': [Buffer.concat([good, Buffer.alloc(16)]), 'BOX_TYPE'],
  'a second file': [Buffer.concat([good, good]), 'BOX_MISPLACED', 'ftyp[1]'],
  'a second moov': [stream(one, moov([VIDEO]), two), 'BOX_MISPLACED', 'moov[1]'],
  'a fragment after mfra': [stream(one, mfra, two), 'TRAILING_DATA', 'moof[1]'],
  'a box after mfra': [Buffer.concat([good, mfra, styp]), 'TRAILING_DATA', 'styp[0]'],
  'boxes of a missing fragment': [Buffer.concat([good, styp, sidx]), 'TRAILING_DATA', 'styp[0]'],
  'an unknown box at the end': [Buffer.concat([good, box('junk', 'x')]), 'TRAILING_DATA', 'junk[0]'],
  'a truncated mdat': [cut, 'BOX_TRUNCATED', 'mdat[1]'],
  'a truncated mfra': [Buffer.concat([good, mfra.subarray(0, 20)]), 'BOX_TRUNCATED', 'mfra'],
  'a truncated header': [Buffer.concat([good, mfra.subarray(0, 7)]), 'BOX_TRUNCATED'],
  'an oversized moof': [
    stream(one, { ...two, tracks: [{ ...picture, boxes: Buffer.from(box('free', Buffer.alloc(MiB))) }] }),
    'BOX_TOO_LARGE',
    'moof[1]',
  ],
  'a child that does not fit': [
    change(bytes => bytes.writeUInt32BE(9999, offsetOf(bytes, 'moof[1]/traf[0]'))),
    'BOX_SIZE',
    'moof[1]/byte 16',
  ],
  'a box without a required child': [
    rename('moof[1]/traf[1]/tfhd', 'free'),
    'BOX_MISSING',
    'moof[1]/traf[1]',
  ],
  'a truncated table': [
    change(bytes => bytes.writeUInt32BE(3, offsetOf(bytes, 'moof[1]/traf[0]/trun') + 12)),
    'BOX_INVALID',
    'moof[1]/traf[0]/trun[0]',
  ],
  'a run of four billion samples': [
    change(bytes => bytes.writeUInt32BE(0xffffffff, offsetOf(bytes, 'moof[1]/traf[0]/trun') + 12)),
    'LIMIT',
    'moof[1]/traf[0]/trun[0]',
  ],
  'a truncated segment index': [stream(fullBox('sidx', 0, 0, u32(1)), one), 'BOX_INVALID', 'sidx[0]'],
  'a truncated event message': [stream(fullBox('emsg', 0, 0, 'urn'), one), 'BOX_INVALID', 'emsg[0]'],
}

t.test('reports each fault with its code, position and track', async t => {
  for (const [name, [bytes, code, boxPath, trackId]] of Object.entries(FAULTS)) {
    const error = check(bytes).error as Mp4Error
    t.ok(error instanceof Mp4Error, name)
    t.same([error.code, error.boxPath, error.trackId], [`AVIO_ERR_MP4_${code}`, boxPath, trackId], name)
    t.equal(typeof error.byteOffset, 'number', name)
    if (
      boxPath !== undefined &&
      !boxPath.includes('byte') &&
      !['sidx[0]', 'free[0]', 'end.[0]'].includes(boxPath)
    ) {
      const path = boxPath.replace(/^(ftyp|moov|mfra)$/, '$1[0]')
      t.equal(error.byteOffset, offsetOf(bytes, path), `${name}: byte offset`)
    }
  }
})

t.test('calls optional handlers with ftyp, moov, sidx, media and samples as they arrive', async t => {
  const told: unknown[] = []
  const nothing = (): void => undefined
  const checker = new Fmp4Checker(
    { strict: true, maxBoxSize: MiB },
    {
      onInit: nothing,
      onFragment: describe => told.push(describe().sequence),
      onWarning: nothing,
      onFileType: ({ type }) => told.push(type),
      onMovie: (moov, { tracks }) => told.push([moov.type, tracks.length]),
      onIndex: ({ offset, size }) => told.push(['sidx', offset, size]),
      onMedia: (bytes, mdat) => told.push([mdat.path, bytes.length]),
      onSamples: ({ box, tracks }) => told.push([box.path, tracks.map(({ runs }) => runs[0]!.sampleCount)]),
    },
  )
  const first = offsetOf(good, 'moof[0]')
  const index = fullBox('sidx', 0, 0, u32(1, 1000, 0, 0), u16(0, 1), u32(100, 1000, 0x90000000))
  const cut = good.length - 10
  for (const chunk of [good.subarray(0, first), index, good.subarray(first, cut), good.subarray(cut)]) {
    checker.write(chunk)
  }
  checker.end()
  t.same(told, [
    ...['ftyp', ['moov', 2], ['sidx', first, 44], ['mdat[0]', 61], ['moof[0]', [2, 2]], 1],
    ...[['mdat[1]', 51], ['mdat[1]', 10], ['moof[1]', [2, 2]], 2],
  ])
})

t.test(
  'accepts a track without samples if it is neither video nor audio, or with allowEmptyTracks',
  async t => {
    for (const handler of ['subt', 'text', 'meta', 'sbtl']) {
      const bytes = Buffer.concat([
        ...[ftyp(), moov([VIDEO, AUDIO, { id: 3, handler, entry: box('wvtt', Buffer.alloc(8)) }])],
        fragment(one),
      ])
      t.equal(check(bytes).error, undefined, handler)
    }
    const bytes = FAULTS['a track without samples']![0]
    t.equal(check(bytes, { allowEmptyTracks: true }).error, undefined)
    const { warnings, report } = check(bytes, { strict: false })
    t.same(
      warnings.map(({ code }) => code),
      ['AVIO_ERR_MP4_NO_FRAGMENT'],
    )
    t.equal(report.complete, true)
  },
)

t.test('covers every code', async t => {
  const tried = new Set(Object.values(FAULTS).map(([, code]) => `AVIO_ERR_MP4_${code}`))
  // Not a fault of the stream: only the conversion to an ordinary file raises it.
  tried.add('AVIO_ERR_MP4_TRACK_UNSUPPORTED')
  t.same(
    MP4_ERROR_CODES.filter(code => !tried.has(code)),
    [],
  )
})

t.test('turns each fault into a warning without strict, and throws nothing', async t => {
  for (const [name, [bytes, code]] of Object.entries(FAULTS)) {
    const { error, warnings, report } = check(bytes, { strict: false })
    t.equal(error, undefined, name)
    t.ok(
      warnings.some(warning => warning.code === `AVIO_ERR_MP4_${code}`),
      name,
    )
    t.same(report.warnings, warnings, name)
    t.equal(report.bytes, bytes.length, name)
  }
})

t.test('finds the faults after the first one without strict', async t => {
  const middle = { ...two, tracks: [{ ...picture, id: 3 }, sound], data: Buffer.alloc(99) }
  const { warnings, fragments, report } = check(stream(one, middle, plainFragment(3)), { strict: false })
  t.same(
    warnings.map(warning => warning.code.slice(9)),
    ['MP4_TRACK_UNKNOWN', 'MP4_SAMPLE_SIZE', 'MP4_TFDT_GAP'].map(code =>
      code.endsWith('GAP') ? `_${code}` : code,
    ),
  )
  t.same(
    fragments.map(fragment => fragment.sequence),
    [1, 2, 3],
  )
  t.equal(report.complete, true)
})

t.test('reports misplaced data once without strict, and ends the fragment', async t => {
  const { warnings, fragments } = check(FAULTS['a wrong data offset']![0], { strict: false })
  t.same(
    warnings.map(warning => warning.code),
    ['AVIO_ERR_MP4_DATA_OFFSET'],
  )
  t.equal(fragments.length, 2)
})

t.test('skips an unreadable box without strict, including its mdat', async t => {
  const broken = change(bytes => bytes.writeUInt32BE(9, offsetOf(bytes, 'moof[0]/traf[0]/trun') + 12))
  const { warnings, fragments } = check(broken, { strict: false })
  t.same(
    warnings.map(warning => warning.code),
    ['AVIO_ERR_MP4_BOX_INVALID'],
  )
  t.same(
    fragments.map(fragment => fragment.sequence),
    [2],
  )
  const noMoov = check(rename('moov', 'free'), { strict: false })
  t.same(
    noMoov.warnings.map(warning => warning.code),
    Array(3).fill('AVIO_ERR_MP4_MOOV_MISSING'),
  )
})

t.test('reports a stream with lost boxes as incomplete without strict, and stops checking it', async t => {
  for (const bytes of [zero('moof[1]'), Buffer.concat([good, Buffer.alloc(8)]), cut]) {
    const { warnings, report } = check(bytes, { strict: false })
    t.equal(warnings.length, 1)
    t.equal(report.complete, false)
  }
})

t.test('keeps the first warnings in the report, and counts all', async t => {
  const many = Array.from({ length: MAX_REPORTED_WARNINGS + 50 }, (_, n) => plainFragment(n + 1, n * 100))
  const { report, warnings } = check(stream(...many))
  t.equal(report.warnings.length, MAX_REPORTED_WARNINGS)
  t.equal(report.warningCount, warnings.length)
  t.equal(warnings.length, 2 * (many.length - 1))
})

t.test('accepts unread metadata boxes of any size', async t => {
  const bytes = Buffer.concat([
    ftyp(),
    box('free', Buffer.alloc(10 * KiB)),
    moov([VIDEO, AUDIO]),
    box('uuid', Buffer.alloc(10 * KiB)),
    fragment(one),
    box('mfra', Buffer.alloc(10 * KiB)),
  ])
  t.equal(check(bytes, { maxBoxSize: 2 * KiB }).error, undefined)
})

t.test('takes a fragment like one before at once, unless its samples or its media are wanted', async t => {
  const bytes = stream(plainFragment(1), plainFragment(2))
  const next = fragment(plainFragment(3))
  const taken = (more: object, between: Buffer = Buffer.alloc(0)): number => {
    const listener = { onInit: () => undefined, onWarning: () => undefined, ...more }
    const checker = new Fmp4Checker({ strict: true, maxBoxSize: MiB }, listener)
    checker.write(Buffer.concat([bytes, between]))
    return checker.onFragment(next, 0, bytes.length)
  }
  t.equal(taken({}), next.length)
  t.equal(taken({}, box('mfra')), 0, 'after the box that must be the last')
  t.equal(taken({}, fragment(plainFragment(3)).subarray(0, -1)), 0, 'while data of another is missing')
  t.equal(taken({ onSamples: () => undefined }), 0)
  t.equal(taken({ onMedia: () => undefined }), 0)
})

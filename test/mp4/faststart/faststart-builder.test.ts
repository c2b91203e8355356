import t from 'tap'
import { Mp4Error } from '../../../lib/errors.js'
import { atOnce } from '../../../lib/io/async/turns.js'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { sampleTable } from '../../../lib/mp4/movie/movie.js'
import { editList } from '../../../lib/mp4/boxes/leaf-boxes.js'
import { FaststartBuilder } from '../../../lib/mp4/faststart/faststart-builder.js'
import { SampleTable } from '../../../lib/mp4/index/sample-table.js'
import { MiB } from '../../../lib/options.js'
import {
  AUDIO,
  type FragmentSpec,
  type TrackSpec,
  VIDEO,
  box,
  chunksOf,
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
  u32,
  u64,
} from '../../support/fmp4.js'
import { heldBytes } from '../../support/held-bytes.js'
import { fragmentedMp4 } from '../../support/media.js'
import { assembled } from '../../support/faststart.js'

/** The top-level boxes, by type. */
function boxesOf(file: Buffer): Map<string, Box> {
  const boxes = new Map<string, Box>()
  for (let at = 0; at < file.length;) {
    const size = file.readUInt32BE(at) || file.length - at
    const end = size === 1 ? file.length : at + size
    const found = Box.topLevel(file, at, end, at, 0)
    boxes.set(found.type, found)
    at = end
  }
  return boxes
}

/** The samples of each track, as SampleTable reads them: decode time, duration, bytes. */
function samplesOf(file: Buffer): unknown[][] {
  const traks = boxesOf(file)
    .get('moov')!
    .children.filter(({ type }) => type === 'trak')
  return traks.map(trak => {
    const samples = atOnce(SampleTable.read(sampleTable(trak))).samples()
    const rows: unknown[] = []
    while (samples.next()) {
      const { decodeTime, duration, offset, size } = samples
      rows.push([decodeTime, duration, file.toString('latin1', offset, offset + size)])
    }
    return rows
  })
}

function edits(file: Buffer): unknown[] {
  const traks = boxesOf(file)
    .get('moov')!
    .children.filter(({ type }) => type === 'trak')
  return traks.map(trak =>
    editList(trak.child('edts')!.child('elst')!).map(({ segmentDuration, mediaTime }) => [
      segmentDuration,
      mediaTime,
    ]),
  )
}

const withTracks = (tracks: readonly TrackSpec[], ...fragments: FragmentSpec[]): Buffer =>
  Buffer.concat([ftyp(), moov(tracks), ...fragments.map(fragment)])

const letters = (length: number, from: string): string =>
  Array.from({ length }, (_, n) => String.fromCharCode(from.charCodeAt(0) + (n % 26))).join('')

t.test('places every sample where the index says, with its own bytes', t => {
  const data = letters(61, 'A')
  const file = assembled(stream({ ...plainFragment(1), data: Buffer.from(data) }, plainFragment(2)))
  t.same([...boxesOf(file).keys()], ['ftyp', 'moov', 'mdat'])
  const rest = '\x02'.repeat(61)
  t.same(samplesOf(file), [
    [
      [0, 40, data.slice(0, 30)],
      [40, 40, data.slice(30, 50)],
      [80, 40, rest.slice(0, 30)],
      [120, 40, rest.slice(0, 20)],
    ],
    [
      [0, 40, data.slice(50, 55)],
      [40, 40, data.slice(55)],
      [80, 40, rest.slice(0, 5)],
      [120, 40, rest.slice(0, 6)],
    ],
  ])
  t.same(edits(file), [[[160, 0]], [[160, 0]]])
  t.end()
})

t.test('writes the same file however the bytes are cut, and copies no media', t => {
  const bytes = stream(plainFragment(1), box('free', 'xyz'), plainFragment(2), box('mfra'))
  const whole = assembled(bytes)
  for (const size of [1, 2, 7, 64, 1000]) t.same(assembled(bytes, size), whole)
  const assembly = new FaststartBuilder({ maxBoxSize: MiB })
  for (const media of assembly.write(bytes)) t.equal(media.buffer, bytes.buffer)
  t.end()
})

t.test('pads a header to a requested length, or refuses it', t => {
  const bytes = stream(plainFragment(1), plainFragment(2))
  const plain = assembled(bytes)
  const media = 122
  const size = plain.length - media
  for (const length of [size, size + 8, size + 5000]) {
    const file = assembled(bytes, 100, length)
    t.equal(file.length, length + media)
    t.same(samplesOf(file), samplesOf(plain))
    t.equal(boxesOf(file).has('free'), length > size)
  }
  for (const length of [size - 1, size + 1, size + 7]) {
    t.throws(() => assembled(bytes, 100, length), { code: 'AVIO_ERR_HEADER_TOO_LARGE' })
  }
  t.end()
})

t.test('handles several mdats of one fragment, and data in another order than the runs', t => {
  const spec = plainFragment(1)
  const whole = moof(spec, 0)
  const header = whole.length + 8
  const first = box('mdat', letters(50, 'a'))
  const second = box('mdat', letters(11, 'k'))
  // The audio data lies in an mdat of its own, 8 bytes further on.
  const bytes = Buffer.concat([ftyp(), moov([VIDEO, AUDIO]), moof(spec, header), first, second])
  const trun = offsetOf(bytes, 'moof/traf[1]/trun[0]')
  bytes.writeInt32BE(bytes.readInt32BE(trun + 16) + 8, trun + 16)
  const [video, audio] = samplesOf(assembled(bytes))
  t.same(video, [
    [0, 40, letters(30, 'a')],
    [40, 40, letters(50, 'a').slice(30)],
  ])
  t.same(audio, [
    [0, 40, letters(5, 'k')],
    [40, 40, letters(11, 'k').slice(5)],
  ])
  t.end()
})

t.test('handles a last mdat that extends to the end, and one with a 64-bit size', t => {
  const plain = assembled(stream(plainFragment(1), plainFragment(2)))
  const other = stream({ ...plainFragment(1), mdat: longBox }, { ...plainFragment(2), mdat: endlessBox })
  t.same(assembled(other, 50), plain)
  t.end()
})

t.test('extends the sample before a gap, and starts at once if the first fragment is hours late', t => {
  const late = 3_600_000
  const file = assembled(
    stream(
      { sequence: 1, tracks: [{ id: 1, time: late, runs: [{ samples: [{ size: 1 }] }] }] },
      { sequence: 2, tracks: [{ id: 1, time: late + 100, runs: [{ samples: [{ size: 1 }] }] }] },
      { sequence: 3, tracks: [{ id: 2, time: late + 50, runs: [{ samples: [{ size: 1 }] }] }] },
    ),
  )
  t.same(
    samplesOf(file).map(rows => rows.map(row => (row as unknown[]).slice(0, 2))),
    [
      [
        [0, 100],
        [100, 40],
      ],
      [[0, 40]],
    ],
  )
  t.same(edits(file), [
    [[140, 0]],
    [
      [50, -1],
      [40, 0],
    ],
  ])
  const mvhd = boxesOf(file).get('moov')!.needChild('mvhd')
  t.equal(mvhd.u32(16), 140)
  t.end()
})

t.test('makes a timecode last as long as the video, whatever its own fragment says', t => {
  const traf = (id: number, time: number, size: number) => ({
    id,
    time,
    runs: [{ samples: [{ size, duration: 40 }] }],
  })
  const timecode: TrackSpec = {
    id: 3,
    handler: 'tmcd',
    timescale: 500,
    edits: [[0, 0]],
    entry: box('tmcd', Buffer.alloc(26)),
  }
  const file = assembled(
    withTracks(
      [VIDEO, AUDIO, timecode],
      { sequence: 1, tracks: [traf(1, 0, 1), traf(2, 0, 1), traf(3, 0, 4)] },
      { sequence: 2, tracks: [traf(1, 40, 1), traf(2, 40, 1)] },
      { sequence: 3, tracks: [traf(2, 80, 1)] },
    ),
  )
  const durations = samplesOf(file).map(samples => samples.map(sample => (sample as number[])[1]))
  t.same(durations, [[40, 40], [40, 40, 40], [40]])
  t.same(edits(file), [[[80, 0]], [[120, 0]], [[80, 0]]])
  t.end()
})

t.test('uses 64 bits for durations past 32', t => {
  const samples = [{ size: 1, duration: 0xffffffff }]
  const traf = (time: number) => [{ id: 1, time, runs: [{ samples }] }]
  const file = assembled(
    withTracks(
      [{ ...VIDEO, timescale: 1000, language: 'deu' }],
      { sequence: 1, tracks: traf(0) },
      { sequence: 2, tracks: traf(0xffffffff) },
    ),
  )
  const duration = 2 * 0xffffffff
  t.same(edits(file), [[[duration, 0]]])
  const moovBox = boxesOf(file).get('moov')!
  const trak = moovBox.needChild('trak')
  const [mvhd, tkhd, mdhd] = [
    moovBox.needChild('mvhd'),
    trak.needChild('tkhd'),
    trak.needChild('mdia').needChild('mdhd'),
  ]
  t.same([mvhd.version, mvhd.length, mvhd.u32(20), mvhd.u64(24)], [1, 112, 1000, duration])
  t.same([tkhd.version, tkhd.length, tkhd.u32(20), tkhd.u64(28)], [1, 96, 1, duration])
  t.same([mdhd.version, mdhd.length, mdhd.u32(20), mdhd.u64(24)], [1, 36, 1000, duration])
  t.end()
})

t.test("keeps the rest of a track's description byte for byte", t => {
  const elng = fullBox('elng', 0, 0, 'de-CH\0')
  const matrix = [0, 0x10000, -0x10000, 0] as const
  const file = assembled(
    withTracks([{ ...VIDEO, mdia: elng, matrix, language: 'deu', width: 90, height: 160 }], {
      sequence: 1,
      tracks: [{ id: 1, time: 0, runs: [{ samples: [{ size: 1 }] }] }],
    }),
  )
  const source = boxesOf(
    moov([{ ...VIDEO, mdia: elng, matrix, language: 'deu', width: 90, height: 160 }]),
  ).get('moov')!
  const made = boxesOf(file).get('moov')!
  t.notOk(made.child('mvex'))
  const [before, after] = [source, made].map(movie => movie.needChild('trak').needChild('mdia'))
  t.same(after!.needChild('elng').raw, elng)
  t.same(after!.needChild('hdlr').raw, before!.needChild('hdlr').raw)
  const entries = [before!, after!].map(
    mdia => mdia.needChild('minf').needChild('stbl').needChild('stsd').raw,
  )
  t.same(entries[1], entries[0])
  const tkhd = [source, made].map(movie => movie.needChild('trak').needChild('tkhd').content.subarray(24))
  t.same(tkhd[1], tkhd[0])
  t.end()
})

t.test('writes no file for a stream cut anywhere but at its end and between fragments', t => {
  const bytes = stream(plainFragment(1), plainFragment(2))
  const whole = new Set([offsetOf(bytes, 'moof[1]'), bytes.length])
  for (let length = 0; length <= bytes.length; length++) {
    const make = (): unknown => assembled(bytes.subarray(0, length), 64)
    if (whole.has(length)) t.doesNotThrow(make)
    else t.throws(make, { code: /^AVIO_ERR_MP4_/ })
  }
  t.end()
})

t.test('rejects tracks that an ordinary file cannot hold, by name', t => {
  const sample = { sequence: 1, tracks: [{ id: 1, time: 0, runs: [{ samples: [{ size: 1 }] }] }] }
  const entry = (type: string) => box(type, Buffer.alloc(80))
  t.throws(() => assembled(withTracks([{ ...VIDEO, handler: 'sbtl', entry: entry('tx3g') }], sample)), {
    code: 'AVIO_ERR_MP4_TRACK_UNSUPPORTED',
    message: /tx3g/,
    trackId: 1,
  })
  t.throws(() => assembled(withTracks([{ ...VIDEO, entry: entry('encv') }], sample)), {
    code: 'AVIO_ERR_MP4_TRACK_UNSUPPORTED',
    message: /encrypted/,
  })
  const saio = fullBox('saio', 0, 0, u32(1, 0))
  const tracks = [{ ...sample.tracks[0]!, boxes: saio }]
  t.throws(() => assembled(withTracks([VIDEO], { sequence: 1, tracks })), {
    code: 'AVIO_ERR_MP4_TRACK_UNSUPPORTED',
    boxPath: 'moof[0]/traf[0]',
  })
  const bytes = withTracks([VIDEO], sample)
  bytes.writeUInt32BE(2, offsetOf(bytes, 'moov/mvex/trex') + 16)
  t.throws(() => assembled(bytes), { code: 'AVIO_ERR_MP4_BOX_INVALID', message: /sample entry 2/ })
  t.end()
})

t.test('rejects large claims of small inputs', { timeout: 20_000 }, t => {
  const track = { ...VIDEO, trex: { duration: 0, size: 0, flags: 0 } }
  const trun = fullBox('trun', 0, 0, u32(2 ** 24))
  const traf = box('traf', fullBox('tfhd', 0, 0x020000, u32(1)), fullBox('tfdt', 0, 0, u32(0)), trun)
  const hostile = box('moof', fullBox('mfhd', 0, 0, u32(1)), ...Array.from({ length: 10_000 }, () => traf))
  t.throws(() => assembled(Buffer.concat([ftyp(), moov([track]), hostile])), { code: 'AVIO_ERR_MP4_LIMIT' })
  const far = withTracks([{ ...VIDEO }], {
    sequence: 1,
    tracks: [
      {
        id: 1,
        time: 0,
        runs: [{ samples: [{ size: 1, offset: -1 }] }, { samples: [{ size: 1, offset: -1 }], version: 0 }],
      },
    ],
  })
  t.throws(() => assembled(far), { code: 'AVIO_ERR_MP4_BOX_INVALID', message: /composition/ })
  const gap = withTracks(
    [VIDEO],
    { sequence: 1, tracks: [{ id: 1, time: 0, runs: [{ samples: [{ size: 1 }] }] }] },
    { sequence: 2, tracks: [{ id: 1, time: 2 ** 40, runs: [{ samples: [{ size: 1 }] }] }] },
  )
  t.throws(() => assembled(gap), { code: 'AVIO_ERR_MP4_LIMIT' })
  t.end()
})

t.test(
  'writes three hours and 5.5 GB with 64-bit offsets and mdat size, in little memory',
  { timeout: 120_000 },
  async t => {
    const pictures = Array.from({ length: 50 }, (_, n) => ({
      size: 15_000 + ((n * 7919) % 10_000),
      offset: [40, 120, 40, 0, 0][n % 5]!,
      sync: n === 0,
    }))
    const sound = Array.from({ length: 94 }, (_, n) => ({ size: 250 + (n % 100), duration: 1024 }))
    const spec: FragmentSpec = {
      sequence: 1,
      tracks: [
        { id: 1, time: 0, runs: [{ samples: pictures }] },
        { id: 2, time: 0, runs: [{ samples: sound }] },
      ],
    }
    const size = [...pictures, ...sound].reduce((sum, sample) => sum + sample.size, 0)
    const head = moof(spec, 0)
    const bytes = Buffer.concat([moof(spec, head.length + 8), u32(size + 8), Buffer.from('mdat')])
    const places = [1, 2].map(n => offsetOf(bytes, `moof/traf[${n - 1}]/tfdt`) + 12)
    const sequence = offsetOf(bytes, 'moof/mfhd') + 12
    const zeros = Buffer.alloc(MiB)
    const tracks = [VIDEO, { ...AUDIO, timescale: 48_000 }]
    const before = await heldBytes()
    const assembly = new FaststartBuilder({ maxBoxSize: MiB })
    assembly.write(Buffer.concat([ftyp(), moov(tracks)]))
    const fragments = 5400
    let media = 0
    for (let n = 0; n < fragments; n++) {
      bytes.writeUInt32BE(n + 1, sequence)
      u64(n * 2000).copy(bytes, places[0])
      u64(n * 94 * 1024).copy(bytes, places[1])
      assembly.write(bytes)
      for (let left = size; left > 0; left -= MiB) {
        for (const part of assembly.write(zeros.subarray(0, Math.min(left, MiB)))) media += part.length
      }
    }
    assembly.end()
    const held = (await heldBytes()) - before
    t.equal(media, fragments * size)
    t.ok(media > 2 ** 32 * 1.2)
    const samples = fragments * (50 + 94)
    t.ok(held < 6 * samples + 300_000, `${(held / samples).toFixed(1)} bytes a sample`)

    const made = assembly.head()
    const mdat = made.subarray(-16)
    t.same(mdat, Buffer.concat([u32(1), Buffer.from('mdat'), u64(media + 16)]))
    const moovBox = boxesOf(made.subarray(0, -16)).get('moov')!
    t.equal(moovBox.needChild('mvhd').u32(16), Math.max(10_800_000, Math.ceil((fragments * 94 * 1024) / 48)))
    const [picture] = moovBox.children.filter(({ type }) => type === 'trak')
    const table = sampleTable(picture!)
    t.notOk(table.child('stco'))
    const cursor = atOnce(SampleTable.read(table)).samples()
    let last = 0
    let at = made.length
    for (let n = 0; cursor.next(); n++) {
      const row = pictures[n % 50]!
      if (n % 50 === 0) at = made.length + (n / 50) * size
      if (cursor.offset !== at || cursor.size !== row.size || cursor.isSync !== (n % 50 === 0)) {
        return void t.fail(`sample ${n}: ${cursor.offset}, not ${at}`)
      }
      if (cursor.decodeTime !== n * 40 || cursor.compositionTime !== n * 40 + row.offset)
        t.fail(`time of ${n}`)
      at += row.size
      last = n
    }
    t.equal(last, fragments * 50 - 1)
  },
)

t.test('turns any damaged byte into an error or a file, nothing else', { timeout: 60_000 }, async t => {
  const bytes = await fragmentedMp4({ seconds: 1, size: '64x48' })
  const media = offsetOf(bytes, 'mdat[0]')
  let state = 1
  const random = (below: number): number => (state = (state * 48_271) % 0x7fffffff) % below
  let errors = 0
  for (let n = 0; n < 3000; n++) {
    const damaged = Buffer.from(bytes)
    const at = random(media)
    if (n % 3 === 0)
      damaged.writeUInt32BE([0, 1, 0x7fffffff, 0xffffffff][random(4)]!, Math.min(at, media - 4))
    else damaged[at] = random(256)
    try {
      const file = assembled(damaged)
      for (const trak of boxesOf(file).get('moov')!.children) {
        if (trak.type === 'trak') atOnce(SampleTable.read(sampleTable(trak)))
      }
    } catch (error) {
      if (!(error instanceof Mp4Error)) throw new Error(`byte ${at}, round ${n}`, { cause: error })
      errors++
    }
  }
  t.ok(errors > 300 && errors < 2900, `${errors} of them were errors`)
})

t.test('reads a stream in chunks that end anywhere', t => {
  const bytes = stream(plainFragment(1))
  const assembly = new FaststartBuilder({ maxBoxSize: MiB, name: 'Somebody' })
  for (const chunk of chunksOf(bytes, 3)) assembly.write(chunk)
  assembly.end()
  t.throws(() => assembly.head(100), { message: /Somebody/ })
  t.end()
})

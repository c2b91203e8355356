import t from 'tap'
import { type Cut, Fmp4Cutter } from '../../../lib/hls/segments/fmp4-cutter.js'
import { AUDIO, VIDEO, fragment, ftyp, fullBox, moov, u16, u32 } from '../../support/fmp4.js'
import { bothOf, soundOf } from '../../support/hls.js'
import { AAC, FRAGMENTED, H264_B_FRAMES, audioInput, ffmpegToPipe, videoInput } from '../../support/media.js'
import { samplesOf } from '../../support/samples.js'

const CUTTING = { rendition: 'a', targetDuration: 2, maxSegmentSize: 10_000_000, allowMixed: true }

/** The segments of a stream that arrives in chunks of `size`. */
function cutsOf(
  bytes: Buffer,
  size: number,
  changes: Partial<typeof CUTTING> = {},
  silent?: ReadonlySet<number>,
): Cut[] {
  const cutter = new Fmp4Cutter({ ...CUTTING, ...changes })
  const cuts: Cut[] = []
  for (let at = 0; at < bytes.length; at += size) {
    cutter.write(bytes.subarray(at, at + size))
    cuts.push(...cutter.take())
  }
  cutter.end(silent)
  return [...cuts, ...cutter.take()]
}

function sizes(cuts: readonly Cut[]): number[] {
  return cuts.map(({ bytes }) => Buffer.concat(bytes).length)
}

t.test('cuts at the same places, however the input is chunked', async t => {
  const bytes = await soundOf({ seconds: 5 })
  const expected = sizes(cutsOf(bytes, bytes.length))
  t.equal(expected.length, 4, 'the initialization segment and three of media')
  for (const size of [1, 7, 1000, 65_536]) t.same(sizes(cutsOf(bytes, size)), expected, `chunks of ${size}`)
})

t.test('cuts video with its audio where the video can start', async t => {
  const [init, ...segments] = cutsOf(await bothOf({ seconds: 5 }), 4096)
  t.match(init, { kind: 'init', init: { track: { kind: 'video' }, tracks: { length: 2 } } })
  const spans = segments.map(cut => (cut.kind === 'segment' ? cut.span.startTicks / 12_800 : undefined))
  t.same(spans, [0, 2, 4])
})

t.test('yields the stream without the index at its end', async t => {
  const bytes = await soundOf({ seconds: 4 })
  const whole = Buffer.concat(cutsOf(bytes, 1000).flatMap(cut => cut.bytes))
  const rest = bytes.subarray(whole.length)
  t.ok(bytes.subarray(0, whole.length).equals(whole))
  t.equal(rest.toString('latin1', 4, 8), 'mfra')
  t.equal(rest.readUInt32BE(0), rest.length)
})

/** Media made by ffmpeg, whose edit lists and times players interpret differently. */
const TIMES = {
  'B-frames': [...videoInput({ seconds: 4 }), ...H264_B_FRAMES, ...FRAGMENTED],
  'a fragment per frame': [
    ...[...videoInput({ seconds: 2 }), ...H264_B_FRAMES, '-movflags', '+frag_every_frame+delay_moov'],
    ...['-f', 'mp4'],
  ],
  'late video': [
    ...[...videoInput({ seconds: 4 }), ...H264_B_FRAMES, '-output_ts_offset', '10', ...FRAGMENTED],
  ],
  'late audio': [...audioInput({ seconds: 4 }), ...AAC, '-output_ts_offset', '1', ...FRAGMENTED],
  'no edit list': [
    ...[...videoInput({ seconds: 4 }), ...H264_B_FRAMES, '-movflags', '+frag_keyframe+empty_moov'],
    ...['-f', 'mp4'],
  ],
  'audio and video': [
    ...[...videoInput({ seconds: 4 }), '-itsoffset', '0.7', ...audioInput({ seconds: 3 })],
    ...[...H264_B_FRAMES, ...AAC, ...FRAGMENTED],
  ],
}

/** The decode time of the first track of the first `moof`. */
function decodeTimeOf(bytes: Buffer): number {
  const at = bytes.indexOf('tfdt') + 4
  return bytes[at] === 1 ? Number(bytes.readBigUInt64BE(at + 4)) : bytes.readUInt32BE(at + 4)
}

for (const [name, args] of Object.entries(TIMES)) {
  t.test(`presents every sample when the stream does: ${name}`, async t => {
    const bytes = await ffmpegToPipe(args)
    const cuts = cutsOf(bytes, 5000)
    const whole = Buffer.concat(cuts.flatMap(cut => cut.bytes))
    t.same(samplesOf(whole), samplesOf(bytes))
    const tracks = cuts.flatMap(cut => (cut.kind === 'init' ? cut.init.tracks : []))
    t.ok(tracks.length > 0)
    for (const { kind, edits } of tracks) {
      t.ok(edits.length <= (kind === 'video' ? 0 : 1), 'no more edits than CMAF allows')
      t.ok(edits.every(({ mediaTime }) => mediaTime >= 0))
    }
    let end = 0
    for (const cut of cuts) {
      const { length } = Buffer.concat(cut.bytes)
      if (cut.kind === 'segment') t.equal(length, cut.span.byteLength)
      if (cut.kind === 'segment') t.equal(whole.toString('latin1', end + 4, end + 8), 'moof')
      if (cut.kind === 'segment') t.equal(decodeTimeOf(whole.subarray(end)), cut.span.startTicks)
      end += length
    }
    for (const size of [1, 77, bytes.length]) {
      t.ok(Buffer.concat(cutsOf(bytes, size).flatMap(cut => cut.bytes)).equals(whole), `chunks of ${size}`)
    }
  })
}

t.test('drops indexes with offsets in the stream, anywhere', async t => {
  const input = [...videoInput({ seconds: 4 }), ...H264_B_FRAMES, '-f', 'mp4', '-movflags']
  const plain = await ffmpegToPipe([...input, '+frag_keyframe+delay_moov+default_base_moof'])
  const expected = Buffer.concat(cutsOf(plain, plain.length).flatMap(cut => cut.bytes))
  t.notOk(expected.includes('sidx'))
  const at = (type: string) => plain.indexOf(type) - 4
  const index = fullBox('sidx', 0, 0, u32(1, 1000, 0, 0), u16(0, 1), u32(100, 1000, 0x90000000))
  const indexed = [at('moov'), at('moof'), plain.lastIndexOf('moof') - 4].reduceRight(
    (bytes, place) => Buffer.concat([bytes.subarray(0, place), index, index, bytes.subarray(place)]),
    plain,
  )
  for (const size of [1, 77, 65_536]) {
    const cuts = cutsOf(indexed, size)
    t.ok(Buffer.concat(cuts.flatMap(cut => cut.bytes)).equals(expected), `chunks of ${size}`)
    for (const cut of cuts) {
      if (cut.kind === 'segment') t.equal(Buffer.concat(cut.bytes).length, cut.span.byteLength)
    }
  }
})

t.test('rejects segments that grow too large before a cut', async t => {
  const bytes = await soundOf({ seconds: 5 })
  t.throws(() => cutsOf(bytes, 1000, { maxSegmentSize: 10_000 }), {
    code: 'AVIO_ERR_HLS_SEGMENT_TOO_LARGE',
    rendition: 'a',
  })
})

t.test('rejects damaged bytes at once', async t => {
  const bytes = Buffer.from(await soundOf({ seconds: 1 }))
  t.throws(() => cutsOf(bytes.subarray(0, -100), 1000), { code: 'AVIO_ERR_MP4_BOX_TRUNCATED' })
  t.throws(() => cutsOf(Buffer.alloc(0), 1), { code: 'AVIO_ERR_MP4_EMPTY' })
  bytes.write('moox', bytes.indexOf('moof'))
  t.throws(() => cutsOf(bytes, 1000), { name: 'Mp4Error' })
})

t.test('keeps audio before the first frame with the video', async t => {
  const sound = (sequence: number, time: number) =>
    fragment({ sequence, tracks: [{ id: AUDIO.id, time, runs: [{ samples: [{ size: 10 }] }] }] })
  const picture = { id: VIDEO.id, time: 0, runs: [{ samples: [{ size: 7 }] }] }
  const media = [sound(1, 0), sound(2, 40), fragment({ sequence: 3, tracks: [picture] }), sound(4, 80)]
  const bytes = Buffer.concat([ftyp(), moov([VIDEO, AUDIO]), ...media])
  for (const size of [1, 50, bytes.length]) {
    const [init, segment, ...more] = cutsOf(bytes, size)
    t.equal(init?.kind, 'init')
    t.same(more, [])
    t.same(Buffer.concat(segment?.bytes ?? []), Buffer.concat(media))
  }
})

t.test('rejects an oversized metadata box as soon as its header arrives', async t => {
  const cutter = new Fmp4Cutter({ ...CUTTING })
  cutter.write(ftyp())
  t.throws(() => cutter.write(Buffer.concat([u32(16 * 2 ** 20 + 1), Buffer.from('moov')])), {
    code: 'AVIO_ERR_MP4_BOX_TOO_LARGE',
  })
})

t.test('fails if video or audio never arrives', async t => {
  const tracks = [{ id: AUDIO.id, time: 0, runs: [{ samples: [{ size: 10 }] }] }]
  const bytes = Buffer.concat([ftyp(), moov([VIDEO, AUDIO]), fragment({ sequence: 1, tracks })])
  t.throws(() => cutsOf(bytes, 1000), { code: 'AVIO_ERR_MP4_NO_FRAGMENT', trackId: VIDEO.id })
  const picture = { id: VIDEO.id, time: 0, runs: [{ samples: [{ size: 10 }] }] }
  const silent = Buffer.concat([ftyp(), moov([VIDEO, AUDIO]), fragment({ sequence: 1, tracks: [picture] })])
  t.throws(() => cutsOf(silent, 1000), { code: 'AVIO_ERR_MP4_NO_FRAGMENT', trackId: AUDIO.id })
  const both = new Set([VIDEO.id, AUDIO.id])
  t.throws(() => cutsOf(bytes, 1000, {}, both), { code: 'AVIO_ERR_MP4_NO_FRAGMENT', trackId: VIDEO.id })
})

t.test('removes an audio track without samples from the moov at the end', async t => {
  const tracks = [{ id: VIDEO.id, time: 0, runs: [{ samples: [{ size: 10 }] }] }]
  const bytes = Buffer.concat([ftyp(), moov([VIDEO, AUDIO]), fragment({ sequence: 1, tracks })])
  const cuts = cutsOf(bytes, 1000, {}, new Set([AUDIO.id]))
  t.same(
    cuts.map(({ kind }) => kind),
    ['init', 'segment', 'init-anew'],
  )
  const [init, , anew] = cuts
  t.match(init, { init: { tracks: [{ id: VIDEO.id }, { id: AUDIO.id }], track: { id: VIDEO.id } } })
  t.match(anew, { init: { tracks: { length: 1 }, track: { id: VIDEO.id }, shiftTicks: 0 } })
  const alone = Buffer.concat([...anew!.bytes, fragment({ sequence: 1, tracks })])
  t.same(
    cutsOf(alone, 1000).map(({ kind }) => kind),
    ['init', 'segment'],
    'it is complete without',
  )
  const heard = [...tracks, { id: AUDIO.id, time: 0, runs: [{ samples: [{ size: 5 }] }] }]
  const whole = Buffer.concat([ftyp(), moov([VIDEO, AUDIO]), fragment({ sequence: 1, tracks: heard })])
  t.equal(cutsOf(whole, 1000, {}, new Set([AUDIO.id])).length, 2, 'a track with samples stays')
})

t.test('refuses audio with the video as soon as the moov has arrived', async t => {
  const bytes = await bothOf({ seconds: 1 })
  const cutter = new Fmp4Cutter({ ...CUTTING, allowMixed: false })
  const moof = bytes.indexOf('moof') - 4
  cutter.write(bytes.subarray(0, moof - 1))
  t.throws(() => cutter.write(bytes.subarray(moof - 1, moof)), { code: 'AVIO_ERR_HLS_TRACKS' })
})

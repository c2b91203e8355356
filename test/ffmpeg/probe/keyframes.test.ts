import t from 'tap'
import { type KeyFrames, keyframes } from '../../../lib/ffmpeg/probe/keyframes.js'
import { AvioError } from '../../../lib/errors.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { damaged, seeded } from '../../support/hostile.js'
import { keyPackets, rounded } from '../../support/key-packets.js'
import {
  AAC,
  FRAGMENTED,
  H264,
  H264_B_FRAMES,
  audioInput,
  bothInputs,
  fastStartMp4,
  ffmpegToFile,
  ffmpegToPipe,
  matroska,
  transportStream,
  videoInput,
} from '../../support/media.js'
import { over4GiB } from '../../support/over-4gib.js'
import { LoggedAccess } from '../../support/random-accesses.js'

/** Large enough for an index to be a small part of the file. */
const BIG = { seconds: 6, size: '640x360' }
const BOTH = [...bothInputs(BIG), ...H264, ...AAC]
const B_FRAMES = [...bothInputs(BIG), ...H264_B_FRAMES, ...AAC]

const keyframesOf = (bytes: Buffer, track?: number): Promise<KeyFrames> =>
  keyframes(new BytesSource({ bytes }), { track })

/** Files whose key frames must match those of ffprobe, to the microsecond and the byte. */
const FILES: Record<string, () => Promise<Buffer>> = {
  'MP4, index first': () => ffmpegToFile([...BOTH, '-movflags', '+faststart'], 'a.mp4'),
  'MP4, index last': () => ffmpegToFile(BOTH, 'b.mp4'),
  'MP4, B-frames with an edit list': () => ffmpegToFile(B_FRAMES, 'c.mp4'),
  'MP4, B-frames and negative offsets': () =>
    ffmpegToFile([...B_FRAMES, '-movflags', '+negative_cts_offsets'], 'd.mp4'),
  'MP4, video that begins late': () =>
    ffmpegToFile(
      ['-itsoffset', '0.7', ...videoInput(BIG), ...audioInput(BIG), ...H264_B_FRAMES, ...AAC],
      'e.mp4',
    ),
  'MP4, variable frame rate': () =>
    ffmpegToFile(
      [...videoInput(BIG), '-vf', "select='not(mod(n,3)*mod(n,7))'", '-fps_mode', 'vfr', ...H264],
      'f.mp4',
    ),
  MOV: () => ffmpegToFile(B_FRAMES, 'g.mov'),
  'MP4, audio only': () => ffmpegToFile([...audioInput({ seconds: 20 }), ...AAC], 'h.m4a'),
  'MP4, Opus': () => ffmpegToFile([...audioInput({ seconds: 20 }), '-c:a', 'libopus'], 'i.mp4'),
  fragments: () => ffmpegToPipe([...B_FRAMES, ...FRAGMENTED]),
  'fragments, first one in the moov': () =>
    ffmpegToPipe([...B_FRAMES, '-movflags', '+frag_keyframe', '-f', 'mp4']),
  'fragments, no edit list': () =>
    ffmpegToPipe([...B_FRAMES, '-movflags', '+frag_keyframe+empty_moov', '-f', 'mp4']),
  'fragments of half a second, and an mfra': () =>
    ffmpegToFile([...B_FRAMES, '-movflags', '+delay_moov', '-frag_duration', '500000'], 'j.mp4'),
  'fragments with a sidx each': () =>
    ffmpegToPipe([...B_FRAMES, '-movflags', '+frag_keyframe+dash', '-f', 'mp4']),
  'fragments with one sidx': () =>
    ffmpegToFile([...B_FRAMES, '-movflags', '+frag_keyframe+dash+global_sidx+delay_moov'], 'k.mp4'),
  'one fragment per frame': () =>
    ffmpegToPipe([...B_FRAMES, '-movflags', '+frag_every_frame+delay_moov', '-f', 'mp4']),
}

t.test('lists the key frames that ffprobe shows, with time, offset and size', async t => {
  for (const [name, make] of Object.entries(FILES)) {
    const bytes = await make()
    const stream = /audio|Opus/.test(name) ? 'a:0' : 'v:0'
    const { method, frames, bytesFetched, track, duration } = await keyframesOf(bytes)
    t.same(rounded(frames), await keyPackets(bytes, stream), name)
    t.equal(method, name.includes('fragment') ? 'fragments' : 'index')
    t.equal(track, 1)
    t.ok(duration! > 5.9 && duration! < 20.1, `${name}: ${duration} s`)
    if (stream === 'v:0') {
      t.ok(frames.length >= 3, `${name}: ${frames.length}`)
      t.ok(bytesFetched < bytes.length / 4, `${name}: ${bytesFetched} of ${bytes.length} bytes`)
    }
  }
})

t.test('lists the key frame before a cut between two of them, at a time below 0', async t => {
  const whole = await ffmpegToFile([...B_FRAMES, '-movflags', '+faststart'], 'c.mp4')
  const folder = t.testdir({ 'whole.mp4': whole })
  const copied = ['-ss', '1.5', '-i', `${folder}/whole.mp4`, '-c', 'copy']
  const { frames } = await keyframesOf(whole)
  for (const cut of [await ffmpegToFile(copied, 'cut.mp4'), await ffmpegToPipe([...copied, ...FRAGMENTED])]) {
    const kept = await keyframesOf(cut)
    t.same(rounded(kept.frames), await keyPackets(cut))
    t.equal(kept.frames.length, frames.length - 1)
    t.ok(kept.frames[0]!.time < 0)
    const audio = await keyframesOf(cut, 2)
    t.same(rounded(audio.frames), await keyPackets(cut, 'a:0'))
  }
})

t.test('selects a track by its ID, also an audio track', async t => {
  const bytes = await fastStartMp4()
  const { track, frames } = await keyframesOf(bytes, 2)
  t.equal(track, 2)
  t.same(rounded(frames), await keyPackets(bytes, 'a:0'))
  await t.rejects(keyframesOf(bytes, 9), { code: 'AVIO_ERR_NO_SUCH_STREAM' })
})

t.test('reads little of a file over 4 GiB, with offsets past that', async t => {
  const mp4 = await ffmpegToFile([...BOTH, '-movflags', '+faststart'], 'a.mp4')
  const { source, shift } = over4GiB(mp4)
  const [near, far] = [await keyframesOf(mp4), await keyframes(source)]
  t.same(
    far.frames,
    near.frames.map(frame => ({ ...frame, offset: frame.offset + shift })),
  )
  t.ok(far.bytesFetched < 150_000, `${far.bytesFetched} bytes of 5 GiB`)
})

t.test(
  'lists the times that ffprobe shows and the clusters of Matroska and WebM, cues last or first',
  async t => {
    const vp8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '25', '-b:v', '2M']
    const files: Record<string, Buffer> = {
      'MKV, cues last': await ffmpegToFile(B_FRAMES, 'a.mkv'),
      'MKV, cues first': await ffmpegToFile([...B_FRAMES, '-cues_to_front', '1'], 'b.mkv'),
      'WebM, cues last': await ffmpegToFile(
        [...bothInputs({ ...BIG, size: '320x180' }), ...vp8, '-c:a', 'libopus'],
        'c.webm',
      ),
      'WebM, cues first': await ffmpegToFile(
        [...videoInput({ ...BIG, size: '320x180' }), ...vp8, '-cues_to_front', '1'],
        'd.webm',
      ),
    }
    for (const [name, bytes] of Object.entries(files)) {
      const { method, track, frames, bytesFetched, duration } = await keyframesOf(bytes)
      t.same([method, track], ['cues', 1], name)
      t.ok(Math.abs(duration! - 6) < 0.1, `${name}: ${duration} s`)
      const times = (list: readonly { time: number }[]) => list.map(({ time }) => time)
      t.same(times(rounded(frames)), times(await keyPackets(bytes)), name)
      for (const { offset } of frames)
        t.equal(bytes.readUInt32BE(offset), 0x1f43b675, 'the offset of a cluster')
      t.ok(bytesFetched < bytes.length / 2, `${name}: ${bytesFetched} of ${bytes.length} bytes`)
    }
  },
)

t.test('reads Matroska without cues, and other containers, with ffprobe', async t => {
  const live = await ffmpegToPipe([...bothInputs(), ...H264, ...AAC, '-f', 'matroska', '-live', '1'])
  for (const bytes of [live, await transportStream()]) {
    const { method, frames, bytesFetched } = await keyframesOf(bytes)
    t.equal(method, 'packets')
    t.same(frames, await keyPackets(bytes))
    t.ok(bytesFetched >= bytes.length, 'reads the whole file')
  }
})

t.test('returns a result or an AvioError for an index with damaged bytes, and reads little', async t => {
  const mp4 = await fastStartMp4()
  const fragments = await ffmpegToPipe([...bothInputs(), ...H264, ...AAC, ...FRAGMENTED])
  const mkv = await matroska()
  const cues = mkv.lastIndexOf(Buffer.from('1c53bb6b', 'hex'))
  const regions: [Buffer, readonly [number, number]][] = [
    [mp4, [0, mp4.indexOf('mdat', 0, 'latin1')]],
    [fragments, [0, fragments.indexOf('mdat', 0, 'latin1')]],
    [mkv, [40, 600]],
    [mkv, [cues, mkv.length]],
  ]
  const random = seeded(3)
  let failures = 0
  for (const [bytes, region] of regions) {
    for (let n = 0; n < 100; n++) {
      const source = new BytesSource({ bytes: damaged(bytes, region, random) })
      // No ffprobe: a fallback to it is an error as well.
      const result = await keyframes(source, { ffprobePath: '/nowhere/ffprobe' }).catch(
        (error: unknown) => error,
      )
      if (result instanceof AvioError) failures++
      else if (result instanceof Error) throw result
      else t.ok((result as KeyFrames).bytesFetched <= 4 * bytes.length)
    }
  }
  t.ok(failures > 20, `${failures} failures`)
})

t.test('rejects an index cut off anywhere', async t => {
  const mp4 = await fastStartMp4()
  const end = mp4.indexOf('mdat', 0, 'latin1') - 4
  for (let n = 16; n < end - 8; n += 97)
    await t.rejects(keyframesOf(mp4.subarray(0, n)), { name: 'Mp4Error' })
  await t.rejects(keyframesOf(mp4.subarray(0, end + 100)), { code: 'AVIO_ERR_MP4_DATA_OFFSET' })
})

t.test('checks its options', async t => {
  const source = new BytesSource({ bytes: await fastStartMp4() })
  for (const options of [
    { track: -1 },
    { track: 1.5 },
    { ffprobePath: '' },
    { signal: 1 },
    { tracks: 1 },
    null,
  ]) {
    await t.rejects(keyframes(source, options as never), { code: 'AVIO_ERR_OPTION' })
  }
})

t.test('rejects media longer than the limit, with every method', async t => {
  const named = (bytes: Buffer) => {
    const source = new BytesSource({ bytes })
    return { name: 's3://masters/a', size: source.size.bind(source), read: source.read.bind(source) }
  }
  const kinds = {
    mp4: () => fastStartMp4({ seconds: 2 }),
    mkv: () => matroska({ seconds: 2 }),
    ts: () => transportStream(),
  }
  for (const [kind, make] of Object.entries(kinds)) {
    const source = named(await make())
    await t.rejects(
      keyframes(source, { limits: { maxDuration: 1 } }),
      { code: 'AVIO_ERR_LIMIT_DURATION', message: /s3:\/\/masters\/a/ },
      kind,
    )
    t.ok((await keyframes(source, { limits: { maxDuration: 10 } })).frames.length > 0, kind)
  }
})

t.test('fails with the error of the source, and aborts with a signal', async t => {
  const bytes = await ffmpegToFile(BOTH, 'b.mp4')
  const error = new Error('broken')
  await t.rejects(keyframes(new LoggedAccess(bytes, { failAt: bytes.length - 100, error })), error)
  await t.rejects(keyframes(new LoggedAccess(bytes), { signal: AbortSignal.abort() }), { name: 'AbortError' })
})

t.test('takes one object with the source and the options', async t => {
  const source = new BytesSource({ bytes: await fastStartMp4() })
  const alone = await keyframes(source, { track: 2 })
  t.equal(alone.track, 2)
  t.same(await keyframes({ source, track: 2 }), alone)
  await t.rejects(keyframes({ source, track: 9 }), { code: 'AVIO_ERR_NO_SUCH_STREAM' })
  await t.rejects(keyframes({ source, trakc: 2 } as never), {
    option: 'trakc',
    message: /it has source, track/,
  })
})

import t from 'tap'
import { missing, missingByRange, missingByPipe, tenPlaces } from '../support/cut.js'
import { ffmpegToFile, ffmpegToPipe } from '../support/media.js'

const VIDEO = ['-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=25:d=2']
const AUDIO = ['-f', 'lavfi', '-i', 'sine=d=2:r=44100']
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p', '-c:a', 'aac']
const MPEG4 = ['-c:v', 'mpeg4', '-c:a', 'mp2']
const BOTH = [...VIDEO, ...AUDIO, '-ac', '2']
const SOUND = [...AUDIO, '-ac', '2']

interface Kind {
  readonly muxer: string
  readonly args: readonly string[]
  /** The share of the file up to the end of its media; later cuts are not detected. */
  readonly media?: number
}

const fragments = (flags: string): Kind => ({
  muxer: 'mp4',
  args: [...BOTH, ...H264, '-movflags', flags],
  media: 0.99,
})
const pcm = (codec: string): Kind => ({
  muxer: 'mov',
  args: [...SOUND, '-c:a', codec, '-movflags', '+faststart'],
})

const KINDS: Record<string, Kind> = {
  'MP4 with its index in front': { muxer: 'mp4', args: [...BOTH, ...H264, '-movflags', '+faststart'] },
  'MOV with PCM': {
    muxer: 'mov',
    args: [...BOTH, ...H264, '-c:a', 'pcm_s16le', '-movflags', '+faststart'],
  },
  'MOV with PCM alone': pcm('pcm_s24le'),
  'MOV with A-law': pcm('pcm_alaw'),
  'MOV with IMA ADPCM': pcm('adpcm_ima_qt'),
  'fragmented MP4': fragments('frag_keyframe+delay_moov+default_base_moof'),
  'fragmented MP4 with absolute offsets': fragments('frag_keyframe+empty_moov'),
  'fragmented MP4 with a moof for each track': fragments('frag_keyframe+empty_moov+separate_moof'),
  'fragmented MP4 with a sidx for each fragment': fragments('dash+frag_keyframe'),
  'fragmented MP4 with one sidx': fragments('dash+frag_keyframe+global_sidx'),
  'Smooth Streaming': { muxer: 'ismv', args: [...BOTH, ...H264], media: 0.99 },
  Matroska: { muxer: 'matroska', args: [...BOTH, ...H264, '-cluster_time_limit', '500'], media: 0.99 },
  'Matroska with its cues in front': {
    muxer: 'matroska',
    args: [...BOTH, ...H264, '-reserve_index_space', '4000', '-cluster_time_limit', '500'],
  },
  WebM: { muxer: 'webm', args: [...SOUND, '-c:a', 'libopus'], media: 0.99 },
  AVI: { muxer: 'avi', args: [...BOTH, ...MPEG4], media: 0.98 },
  WAV: { muxer: 'wav', args: SOUND },
  RF64: { muxer: 'wav', args: [...SOUND, '-rf64', 'always'] },
  'WAV with ADPCM': { muxer: 'wav', args: [...SOUND, '-c:a', 'adpcm_ms'] },
  W64: { muxer: 'w64', args: SOUND },
  AIFF: { muxer: 'aiff', args: SOUND },
  'AIFF-C': { muxer: 'aiff', args: [...SOUND, '-c:a', 'pcm_s16le'] },
  CAF: { muxer: 'caf', args: SOUND },
  AU: { muxer: 'au', args: SOUND },
  'ASF with video': { muxer: 'asf', args: [...BOTH, '-c:v', 'msmpeg4', '-c:a', 'wmav2'], media: 0.99 },
  'ASF with audio': { muxer: 'asf', args: [...SOUND, '-c:a', 'wmav2'] },
  FLV: { muxer: 'flv', args: [...BOTH, ...H264], media: 0.99 },
  'FLV with H.263': { muxer: 'flv', args: [...BOTH, '-c:v', 'flv1', '-c:a', 'libmp3lame'], media: 0.99 },
  FLAC: { muxer: 'flac', args: SOUND },
  'FLAC of 24 bits': { muxer: 'flac', args: [...SOUND, '-sample_fmt', 's32'] },
  TTA: { muxer: 'tta', args: SOUND, media: 0.99 },
  'Ogg with Vorbis': { muxer: 'ogg', args: [...SOUND, '-c:a', 'libvorbis'] },
  'Ogg with Opus': { muxer: 'ogg', args: [...SOUND, '-c:a', 'libopus'] },
  'Ogg with FLAC': { muxer: 'ogg', args: [...SOUND, '-c:a', 'flac'] },
}

for (const [name, { muxer, args, media = 1 }] of Object.entries(KINDS)) {
  t.test(`detects ${name} cut at ten places, and accepts it whole and as written to a pipe`, async t => {
    const file = await ffmpegToFile([...args, '-f', muxer], `media.${muxer}`)
    for (const place of tenPlaces(file)) {
      const found = await missing(file.subarray(0, place))
      if (place < media * file.length) t.ok(found, `cut at ${place} of ${file.length}`)
    }
    t.equal(await missing(file), undefined)
    t.equal(await missing(Buffer.concat([file, Buffer.from('more bytes than are stated')])), undefined)
    t.equal(await missing(Buffer.concat([file, Buffer.alloc(100_000)])), undefined)
    for (const size of [1, 17, 65_536, file.length]) t.equal(await missingByPipe(file, { size }), undefined)
    t.equal(await missingByRange(file, false), undefined)
    if (muxer === 'aiff' || muxer === 'mov' || muxer === 'ismv') return
    if (muxer === 'mp4' && !args.some(arg => arg.includes('frag'))) return
    if (args.some(arg => arg.includes('global_sidx'))) return
    const stream = await ffmpegToPipe([...args, '-f', muxer])
    t.equal(await missing(stream), undefined, 'from a pipe')
    t.equal(await missingByRange(stream, false), undefined, 'from a pipe')
  })
}

t.test('recognizes another container by the demuxer passed to ffmpeg', async t => {
  const file = await ffmpegToFile([...SOUND, '-f', 'wav'], 'media.wav')
  const half = file.subarray(0, file.length / 2)
  t.ok(await missingByPipe(half))
  t.ok(await missingByPipe(half, { format: 'wav' }))
  t.equal(await missingByPipe(half, { format: 's16le' }), undefined)
  t.ok(await missingByPipe(file.subarray(0, 1000), { format: 'wav' }))
})

t.test('states nothing for a container without a stated size', async t => {
  for (const [muxer, args] of Object.entries({
    mpegts: [...BOTH, ...H264],
    mpeg: [...BOTH, '-c:v', 'mpeg1video', '-c:a', 'mp2'],
    adts: [...SOUND, '-c:a', 'aac'],
    mp3: [...SOUND, '-c:a', 'libmp3lame'],
    s16le: SOUND,
  })) {
    const file = await ffmpegToFile([...args, '-f', muxer], `media.${muxer}`)
    t.equal(await missing(file.subarray(0, file.length >> 1)), undefined, muxer)
  }
  for (const bytes of [Buffer.alloc(0), Buffer.from('R'), Buffer.from('RIFF'), Buffer.alloc(100)]) {
    t.equal(await missing(bytes), undefined)
  }
})

t.test('skips an ID3v2 tag, as ffmpeg does', async t => {
  const file = await ffmpegToFile([...SOUND, '-f', 'flac'], 'media.flac')
  const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\x02\0', 'latin1'), Buffer.alloc(256)])
  t.equal(await missing(Buffer.concat([tag, file])), undefined)
  t.ok(await missing(Buffer.concat([tag, file.subarray(0, file.length - 100)])))
})

import t from 'tap'
import { atOnce } from '../../../lib/io/async/turns.js'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { sampleTable } from '../../../lib/mp4/movie/movie.js'
import { pcmFrameSize } from '../../../lib/mp4/movie/pcm.js'
import { SampleTable } from '../../../lib/mp4/index/sample-table.js'
import { box, u32 } from '../../support/fmp4.js'
import { audioInput, ffmpegThroughPipes, ffmpegToFile, ffmpegToPipe, packetsOf } from '../../support/media.js'
import { assembled } from '../../support/faststart.js'

/** The samples of the first track of a file: their number, total duration and bytes. */
function samplesOf(file: Buffer): { count: number; ticks: number; media: Buffer } {
  const at = file.indexOf('moov') - 4
  const moov = Box.topLevel(file, at, at + file.readUInt32BE(at), at, 0)
  const samples = atOnce(SampleTable.read(sampleTable(moov.needChild('trak')))).samples()
  const media: Buffer[] = []
  let ticks = 0
  while (samples.next()) {
    ticks = samples.decodeTime + samples.duration
    media.push(file.subarray(samples.offset, samples.offset + samples.size))
  }
  return { count: media.length, ticks, media: Buffer.concat(media) }
}

const FRAGMENTED_MOV = ['-movflags', '+frag_keyframe+delay_moov+default_base_moof', '-f', 'mov']

t.test('lists one sample per frame, as ffmpeg does in an ordinary file', async t => {
  const table: [codec: string, channels: number, sampleRate: number][] = [
    ['pcm_s16le', 1, 48_000],
    ['pcm_s16be', 2, 44_100],
    ['pcm_s24le', 2, 48_000],
    ['pcm_f32le', 2, 48_000],
    ['pcm_u8', 2, 8000],
    ['pcm_mulaw', 2, 8000],
    ['pcm_s24le', 6, 96_000],
  ]
  for (const [codec, channels, sampleRate] of table) {
    const args = [...audioInput({ seconds: 0.5, sampleRate, channels }), '-c:a', codec]
    const plain = await ffmpegToFile(args, 'plain.mov')
    const file = assembled(await ffmpegToPipe([...args, ...FRAGMENTED_MOV]))
    const name = `${codec}, ${channels} channels, ${sampleRate} Hz`
    t.equal(samplesOf(plain).count, sampleRate / 2, name)
    t.same(samplesOf(file), samplesOf(plain), name)
  }
})

t.test('leaves coded audio unchanged', async t => {
  for (const codec of ['aac', 'adpcm_ima_qt']) {
    const args = [...audioInput({ seconds: 0.5 }), '-c:a', codec]
    const [plain, file] = [
      await ffmpegToFile(args, 'plain.mov'),
      assembled(await ffmpegToPipe([...args, ...FRAGMENTED_MOV])),
    ]
    t.equal(samplesOf(file).count, samplesOf(plain).count, codec)
  }
})

t.test('counts frames if packet times are rounded to milliseconds', async t => {
  const matroska = await ffmpegToFile(
    [...audioInput({ sampleRate: 44_100 }), '-c:a', 'pcm_s16le'],
    'sound.mkv',
  )
  const copied = await ffmpegThroughPipes(['-i', 'pipe:0', '-c', 'copy', ...FRAGMENTED_MOV], matroska)
  const { count, ticks } = samplesOf(assembled(copied))
  t.same([count, ticks], [88_200, 88_200])
})

t.test('keeps a pause in uncompressed audio', async t => {
  const pause = ['-filter_complex', '[0][1]concat=n=2:v=0:a=1,asetpts=PTS+gte(T\\,1)/TB', '-c:a', 'pcm_s16le']
  const inputs = [...audioInput({ seconds: 1 }), ...audioInput({ seconds: 1 })]
  const fragmented = await ffmpegToPipe([...inputs, ...pause, '-frag_duration', '200000', ...FRAGMENTED_MOV])
  const file = assembled(fragmented)
  const { count, ticks } = samplesOf(file)
  t.equal(count, 96_000)
  t.equal(ticks, 3 * 48_000)
  t.equal((await packetsOf(file)).length > 0, true)
})

t.test('returns the frame size of each description, and nothing in doubt', async t => {
  const sound = (
    type: string,
    { version = 0, channels = 2, bits = 16, rate = 48_000, more = box('free') } = {},
  ) => {
    const fixed = Buffer.alloc(28)
    fixed.writeUInt16BE(version, 8)
    fixed.writeUInt16BE(channels, 16)
    fixed.writeUInt16BE(bits, 18)
    fixed.writeUInt32BE(rate * 65_536, 24)
    return box(type, fixed, more)
  }
  const sizeOf = (timescale: number, ...entries: ReturnType<typeof sound>[]) => {
    const bytes = box('stsd', u32(0), u32(entries.length), ...entries)
    return pcmFrameSize(Box.topLevel(bytes, 0, bytes.length, 0, 0), timescale)
  }
  const pcmC = (bits: number) => box('pcmC', u32(0), Buffer.from([1, bits]))
  t.equal(sizeOf(48_000, sound('sowt')), 4)
  t.equal(sizeOf(48_000, sound('raw ', { bits: 8 })), 2)
  t.equal(sizeOf(48_000, sound('ipcm', { more: pcmC(24) })), 6)
  t.equal(sizeOf(48_000, sound('fpcm', { channels: 1, more: pcmC(64) })), 8)
  t.equal(sizeOf(48_000, sound('ipcm')), undefined, 'without its configuration')
  t.equal(sizeOf(48_000, sound('mp4a')), undefined)
  t.equal(sizeOf(90_000, sound('sowt')), undefined, 'another timescale')
  t.equal(sizeOf(48_000, sound('sowt'), sound('twos')), undefined, 'two descriptions')
  t.equal(sizeOf(48_000), undefined)
  t.equal(sizeOf(48_000, sound('sowt', { channels: 0 })), undefined)
})

import t from 'tap'
import { EditListWriter } from '../../../lib/mp4/rewrite/edit-list-writer.js'
import { chunksOf } from '../../support/fmp4.js'
import {
  AAC,
  H264_B_FRAMES,
  audioInput,
  ffmpegThroughPipes,
  ffmpegToFile,
  packetsOf,
  videoInput,
} from '../../support/media.js'
import { bothLayouts } from '../../support/faststart.js'

const COPY = ['-i', 'pipe:0', '-map', '0', '-c', 'copy', '-frag_duration', '1000000']
const WAITING = [...COPY, '-movflags', 'frag_keyframe+delay_moov+default_base_moof+skip_trailer', '-f', 'mp4']
const FLAGS = 'frag_keyframe+empty_moov+default_base_moof+frag_discont+skip_trailer'
const TRUE = [
  ...COPY,
  '-avoid_negative_ts',
  'disabled',
  '-use_editlist',
  '0',
  '-movflags',
  FLAGS,
  '-f',
  'mp4',
]

function written(bytes: Buffer, chunkSize = bytes.length): Buffer {
  const writer = new EditListWriter(2 ** 20)
  return Buffer.concat([...chunksOf(bytes, chunkSize).flatMap(chunk => writer.write(chunk)), ...writer.end()])
}

/** Video with B-frames, and audio that starts `late` seconds after it. */
function matroska(late: number, seconds = late + 1): Promise<Buffer> {
  const inputs = [...videoInput({ seconds }), '-itsoffset', String(late), ...audioInput({ seconds: 1 })]
  return ffmpegToFile([...inputs, '-map', '0', '-map', '1', ...H264_B_FRAMES, ...AAC], 'late.mkv')
}

const timed = async (bytes: Buffer) =>
  (await packetsOf(bytes))
    .map(({ codec_type, pts, dts, size }) => `${codec_type} ${pts} ${dts} ${size}`)
    .sort()

t.test('matches the output of ffmpeg when it waits for every track, wherever the stream is cut', async t => {
  const source = await matroska(0)
  const waiting = await ffmpegThroughPipes(WAITING, source)
  const bytes = await ffmpegThroughPipes(TRUE, source)
  t.notSame(bytes, waiting)
  t.same(written(bytes), waiting)
  for (const size of [1, 7, 8, 9, 1000, 4096])
    t.same(written(bytes, size), waiting, `cut every ${size} bytes`)
})

t.test('keeps a late track at its time, as in an ordinary file', async t => {
  for (const late of [0.5, 3, 6]) {
    const source = await matroska(late)
    const file = written(await ffmpegThroughPipes(TRUE, source))
    const { faststart } = await bothLayouts(source, 'late.mkv')
    const [own, plain] = [await timed(file), await timed(faststart)]
    // ffmpeg's own edit is rounded down, and may lose the last packet.
    t.same(
      own.filter(packet => plain.includes(packet)),
      plain,
      `${late} s`,
    )
    t.ok(own.length - plain.length <= 1)
  }
})

t.test('sends the moov with the first fragment at time 0 or later', async t => {
  const bytes = await ffmpegThroughPipes(TRUE, await matroska(6))
  const first = bytes.indexOf('moof')
  const second = bytes.indexOf('moof', first + 4)
  const writer = new EditListWriter(2 ** 20)
  const length = (chunks: readonly Buffer[]) => chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const before = length(writer.write(bytes.subarray(0, first)))
  t.equal(before, bytes.indexOf('moov') - 4, 'ftyp is sent, moov waits')
  t.equal(length(writer.write(bytes.subarray(first, second))), 0, 'B-frames begin before 0')
  const third = bytes.indexOf('moof', second + 4)
  const added = length(writer.write(bytes.subarray(second, third))) + before - third
  t.ok(added > 0 && added < 100, 'all fragments, and an edit list')
})

t.test('writes edit lists if one track never starts, and none without fragments', async t => {
  const source = await matroska(6)
  const never = await ffmpegThroughPipes([...TRUE, '-t', '3'], source)
  const waiting = await ffmpegThroughPipes([...WAITING, '-t', '3'], source)
  t.same(await timed(written(never)), await timed(waiting))
  const empty = never.subarray(0, never.indexOf('moof') - 4)
  t.same(written(empty), empty)
  t.throws(() => written(never.subarray(0, never.length - 5)), { code: 'AVIO_ERR_MP4_BOX_TRUNCATED' })
  t.throws(() => written(Buffer.concat([empty, Buffer.from('002000006d6f6f66', 'hex'), never])).length < 0, {
    code: 'AVIO_ERR_MP4_BOX_TOO_LARGE',
  })
})

t.test('keeps an index that already has edit lists', async t => {
  const once = written(await ffmpegThroughPipes(TRUE, await matroska(0)))
  t.ok(once.indexOf('edts') > 0)
  t.same(written(once), once)
})

t.test('moves a track as a whole if it starts late and before all others', async t => {
  const inputs = [...videoInput({ seconds: 4 }), '-itsoffset', '2', ...audioInput({ seconds: 2.5 })]
  const source = await ffmpegToFile([...inputs, '-map', '0', '-map', '1', ...H264_B_FRAMES, ...AAC], 'a.mkv')
  const bytes = await ffmpegThroughPipes(TRUE, source)
  const [first, ...rest] = soundTimes(bytes)
  t.ok(rest.length > 1)
  const earlier = Buffer.from(bytes)
  earlier.writeBigInt64BE(-100n, first!.at)
  t.same(
    soundTimes(written(earlier)).map(({ time }) => time),
    [0n, ...rest.map(({ time }) => time + 100n)],
  )
})

/** The positions and values of the second track's times in a fragmented MP4. */
function soundTimes(bytes: Buffer): { at: number; time: bigint }[] {
  const times: { at: number; time: bigint }[] = []
  for (let at = bytes.indexOf('tfhd'); at > 0; at = bytes.indexOf('tfhd', at + 4)) {
    const tfdt = bytes.indexOf('tfdt', at) + 8
    if (bytes.readUInt32BE(at + 8) === 2) times.push({ at: tfdt, time: bytes.readBigInt64BE(tfdt) })
  }
  return times
}

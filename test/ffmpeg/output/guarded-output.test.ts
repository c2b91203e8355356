import t from 'tap'
import {
  GuardedOutput,
  type GuardedOutputSpec,
  MAX_UNREPORTED,
} from '../../../lib/ffmpeg/output/guarded-output.js'
import type { FfmpegLogEntry } from '../../../lib/ffmpeg/log/log.js'

const TRUE_TIMES = ['-movflags', 'frag_keyframe+empty_moov+default_base_moof+frag_discont']
const MP4 = { format: 'mp4', args: [] }

function box(type: string, size: number): Buffer {
  const bytes = Buffer.alloc(Math.max(8, size))
  bytes.writeUInt32BE(size)
  bytes.write(type, 4, 'latin1')
  return bytes
}

/** A guarded output, the length of its passed bytes, and the calls of its listener. */
function guarded(
  spec: Omit<GuardedOutputSpec, 'push'>,
  { givesWay = false, wants = true, isAwaited = false } = {},
) {
  const chunks: Buffer[] = []
  const calls: string[] = []
  const output = new GuardedOutput(
    { ...spec, push: chunk => chunks.push(chunk) > 0 && wants },
    {
      onLateTrack: () => {
        calls.push('late')
        return givesWay
      },
      onError: error => calls.push((error as Error & { code: string }).code),
      isAwaited: () => isAwaited,
    },
  )
  return { output, calls, passed: () => Buffer.concat(chunks).length }
}

const AC3: FfmpegLogEntry[] = [
  { level: 'info', message: "Output #0, mp4, to 'pipe:1':" },
  { level: 'info', message: '  Stream #0:1: Audio: ac3 (ac-3 / 0x332D6361), 48000 Hz, stereo' },
]

t.test("passes on a format that needs no guard, at the consumer's pace", async t => {
  const { output, passed } = guarded({ format: 'mpegts', args: [] })
  t.equal(output.isReplaceable, true)
  t.equal(output.push(Buffer.alloc(5)), true)
  t.equal(passed(), 5)
  t.equal(output.isReplaceable, false)
  output.end()
  t.equal(passed(), 5)
  t.equal(guarded({ format: 'mpegts', args: [] }, { wants: false }).output.push(Buffer.alloc(5)), false)
})

t.test('holds back the bytes before the first fragment, so that another run can replace them', async t => {
  const { output, passed } = guarded(MP4)
  t.equal(output.push(box('moov', 20)), true, 'more is wanted')
  t.equal(passed(), 0)
  t.equal(output.isReplaceable, true)
  output.push(box('moof', 16))
  t.equal(passed(), 36)
  t.equal(output.isReplaceable, false)
  const short = guarded(MP4)
  short.output.push(box('moov', 20))
  short.output.end()
  t.equal(short.passed(), 20, 'output without a fragment is passed on at the end')
})

t.test('allows another run for a fragment without a size before any output, and fails later', async t => {
  const lost = box('moof', 0)
  const restarted = guarded(MP4, { givesWay: true })
  t.equal(restarted.output.push(lost), false)
  t.same(restarted.calls, ['late'])
  const refused = guarded(MP4)
  t.equal(refused.output.push(lost), false)
  t.same(refused.calls, ['late', 'AVIO_ERR_OUTPUT_NOT_SEEKABLE'], 'the caller allows no other run')
  for (const [spec, before] of [
    [MP4, [box('moof', 16)]],
    [{ ...MP4, args: ['-frag_duration', '60000000'] }, []],
    [{ ...MP4, args: ['-min_frag_duration', '60000000'] }, []],
    [{ ...MP4, args: ['-frag_size', '60000000'] }, []],
    [{ ...MP4, hasLateTrack: true }, []],
    [{ ...MP4, args: TRUE_TIMES }, []],
  ] as const) {
    const { output, calls } = guarded(spec, { givesWay: true })
    for (const bytes of before) output.push(bytes)
    output.push(lost)
    t.same(calls, ['AVIO_ERR_OUTPUT_NOT_SEEKABLE'], JSON.stringify(spec))
  }
})

t.test('allows no other run for an output whose parameters are in its packets', async t => {
  const { output, calls } = guarded(MP4, { givesWay: true })
  for (const entry of AC3) output.see(entry)
  t.equal(output.isReplaceable, false)
  t.same([output.isWaiting(20), output.isWaiting(21)], [false, false])
  output.push(box('moof', 0))
  t.same(calls, ['AVIO_ERR_OUTPUT_NOT_SEEKABLE'])
})

t.test('waits for a track until any output arrives', async t => {
  const none = guarded(MP4).output
  t.same([none.isWaiting(20), none.isWaiting(21)], [false, true])
  const some = guarded(MP4).output
  some.push(box('moov', 20))
  t.same([some.isWaiting(20), some.isWaiting(21)], [false, false], 'held bytes do not count as waiting')
  const other = guarded({ format: 'matroska', args: [] }).output
  t.same([other.isWaiting(20), other.isWaiting(21)], [false, false])
})

t.test('rejects an MP3 tag without a size, unless the header is written last', async t => {
  const tag = Buffer.from('49443304000000000000', 'hex')
  const plain = guarded({ format: 'mp3', args: [] }, { givesWay: true })
  t.equal(plain.output.push(tag), false)
  t.same(plain.calls, ['AVIO_ERR_OUTPUT_NOT_SEEKABLE'])
  t.equal(plain.passed(), 0)
  const held = guarded({ format: 'mp3', args: [], layout: 'file' })
  t.equal(held.output.push(tag), true)
  t.same([held.calls, held.passed()], [[], 10])
})

t.test('writes the edit lists of an MP4 that does not wait', async t => {
  for (const spec of [
    { ...MP4, hasLateTrack: true },
    { ...MP4, args: TRUE_TIMES },
  ]) {
    const { output, calls, passed } = guarded(spec)
    output.push(box('free', 16))
    t.equal(passed(), 16)
    output.push(box('moov', 32))
    t.same(calls, ['AVIO_ERR_MP4_BOX_SIZE'], 'the moov is parsed')
  }
})

t.test('holds output back until the report on the inputs, if a caller waits for it', async t => {
  const spec = { format: 'mpegts', args: [] }
  const { output, passed } = guarded(spec, { isAwaited: true, wants: false })
  t.equal(output.push(Buffer.alloc(5)), true, 'ffmpeg is not paused')
  t.equal(output.push(Buffer.alloc(5)), true)
  t.equal(passed(), 0)
  output.reported()
  t.equal(passed(), 10)
  t.equal(output.push(Buffer.alloc(5)), false, 'from then on the consumer sets the pace')
  t.equal(passed(), 15)

  const silent = guarded(spec, { isAwaited: true })
  silent.output.push(Buffer.alloc(5))
  silent.output.end()
  t.equal(silent.passed(), 5, 'at the end, even without a report')

  const long = guarded(spec, { isAwaited: true })
  long.output.push(Buffer.alloc(MAX_UNREPORTED))
  t.equal(long.passed(), 0)
  long.output.push(Buffer.alloc(1))
  t.equal(long.passed(), MAX_UNREPORTED + 1, 'a header larger than a pipe')
  long.output.push(Buffer.alloc(1))
  t.equal(long.passed(), MAX_UNREPORTED + 2)

  const restarted = guarded(MP4, { isAwaited: true })
  restarted.output.push(box('moof', 16))
  restarted.output.reported()
  t.equal(restarted.passed(), 16, 'also bytes held back for another reason')
})

t.test('adds a cover to the index, whatever held it back', async t => {
  const image = Buffer.from('ffd8ffe000000000', 'hex')
  const moov = Buffer.concat([box('moov', 8), box('mvhd', 16)])
  moov.writeUInt32BE(24)
  const { output, passed } = guarded(MP4, { isAwaited: true })
  output.keepCover(image)
  output.push(moov)
  output.push(box('moof', 16))
  output.reported()
  t.ok(passed() > 40 + image.length)
  const short = guarded(MP4)
  short.output.keepCover(image)
  short.output.push(moov)
  short.output.end()
  t.ok(short.passed() > 24 + image.length, 'also at the end')
})

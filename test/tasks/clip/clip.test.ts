import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { type ClipOptions, clip } from '../../../lib/tasks/clip/clip.js'
import { Fmp4Validator } from '../../../lib/mp4/fmp4-validator.js'
import {
  AAC,
  H264,
  bothInputs,
  ffmpegToFile,
  ffmpegToPipe,
  indexLastMp4,
  packetsOf,
  videoInput,
} from '../../support/media.js'
import { LoggedAccess } from '../../support/random-accesses.js'
import { Collector } from '../../support/sources.js'

const media = () => indexLastMp4({ seconds: 10 })

/** Runs a clip through the validator; returns its bytes and its length in seconds. */
async function made(options: ClipOptions): Promise<{ bytes: Buffer; duration: number }> {
  const validator = new Fmp4Validator()
  const sink = new Collector()
  await pipeline(clip(options), validator, sink)
  return { bytes: sink.bytes, duration: validator.report!.duration }
}

t.test('begins a copied clip at the key frame before its start, with unchanged data', async t => {
  const whole = await media()
  const { bytes, duration } = await made({ source: new LoggedAccess(whole), start: 3.4, end: 6 })
  const video = (packets: Awaited<ReturnType<typeof packetsOf>>) =>
    packets.filter(p => p.codec_type === 'video')
  const [own, all] = [video(await packetsOf(bytes)), video(await packetsOf(whole))]
  const first = all.findIndex(({ data_hash }) => data_hash === own[0]!.data_hash)
  t.equal(first, 75, 'the key frame at 3 s, with one per second')
  t.same(
    own.map(({ data_hash }) => data_hash),
    all.slice(first, first + own.length).map(({ data_hash }) => data_hash),
  )
  t.ok(Math.abs(duration - 2.6) < 0.1, `${duration} s: an edit list makes players begin at 3.4 s`)
})

t.test('begins and ends an exact clip on the frame', async t => {
  const { bytes, duration } = await made({
    source: new LoggedAccess(await media()),
    start: 3.4,
    end: 6,
    exact: true,
  })
  t.equal((await packetsOf(bytes)).filter(({ codec_type }) => codec_type === 'video').length, 65)
  t.ok(Math.abs(duration - 2.6) < 0.1, `${duration} s`)
})

t.test('keeps all audio tracks, and obeys arguments', async t => {
  const args = [...bothInputs({ seconds: 4 }), '-map', '0', '-map', '1', '-map', '1', '-c:v', 'mpeg4', ...AAC]
  const source = new LoggedAccess(await ffmpegToFile(args, 'two-audio-tracks.mp4'))
  const tracks = (bytes: Buffer) => packetsOf(bytes).then(list => new Set(list.map(p => p.stream_index)).size)
  t.equal(await tracks((await made({ source, end: 2 })).bytes), 3)
  t.equal(await tracks((await made({ source, end: 2, args: ['-an'] })).bytes), 1)
})

t.test('fetches the index and the span of a short clip from a long source', async t => {
  const highBitrate = ['-c:v', 'mpeg4', '-qscale:v', '1', '-g', '25', ...AAC]
  const whole = await ffmpegToFile(
    [...bothInputs({ seconds: 20, size: '1280x720' }), ...highBitrate],
    'long.mp4',
  )
  const stream = clip({ source: new LoggedAccess(whole), start: 10, end: 12 })
  await buffer(stream)
  const span = whole.length / 10
  t.ok(
    stream.bytesFetched < 1.5 * (span + 4 * 1024 ** 2),
    `${stream.bytesFetched} of ${whole.length}, the span ${span}`,
  )
})

t.test('begins a clip of a raw stream, in which ffmpeg cannot seek, at its beginning', async t => {
  const args = [...videoInput({ seconds: 3 }), ...H264, '-f', 'h264']
  const { bytes } = await made({
    source: new LoggedAccess(await ffmpegToPipe(args)),
    end: 1,
    args: ['-c:v', 'libx264'],
  })
  t.equal((await packetsOf(bytes)).length, 25)
})

t.test('rejects a start past the end of the media', async t => {
  await t.rejects(made({ source: new LoggedAccess(await media()), start: 60, end: 61 }), {
    code: 'AVIO_ERR_FFMPEG_NO_OUTPUT',
  })
})

t.test('checks its options when called', async t => {
  const source = new LoggedAccess(Buffer.alloc(1))
  const wrong: [object, RegExp][] = [
    [{ end: 1 }, /"source" must be a RandomAccess/],
    [{ source }, /"end" must be a number of seconds, more than 0, got undefined/],
    [{ source, start: 5, end: 5 }, /"end" must be a number of seconds, more than 5, got 5/],
    [{ source, start: -1, end: 5 }, /"start" must be a number of seconds, 0 or more, got -1/],
    [{ source, end: 5, exact: 'yes' }, /"exact" must be true or false/],
    [{ source, end: 5, form: 'mp4' }, /clip has no option "form"/],
  ]
  for (const [options, message] of wrong) t.throws(() => clip(options as ClipOptions), { message })
})

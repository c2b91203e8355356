import t from 'tap'
import { resources, resourcesSince } from '../../support/child.js'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import {
  type Thumbnail,
  type ThumbnailsOptions,
  thumbnails,
} from '../../../lib/tasks/thumbnails/thumbnails.js'
import {
  AAC,
  audioInput,
  fastStartMp4,
  ffmpegToFile,
  ffprobeJson,
  indexLastMp4,
  videoInput,
} from '../../support/media.js'
import { LoggedAccess } from '../../support/random-accesses.js'

async function all(options: ThumbnailsOptions): Promise<Thumbnail[]> {
  const list: Thumbnail[] = []
  for await (const thumbnail of thumbnails(options)) list.push(thumbnail)
  return list
}

interface ImageStream {
  codec_name: string
  width: number
  height: number
}

async function streamOf(image: Buffer): Promise<ImageStream> {
  const { streams } = await ffprobeJson<{ streams: ImageStream[] }>(image, ['-show_streams'])
  return streams[0]!
}

t.test('takes the key frame at or before each time, in the order of the times', async t => {
  const source = new LoggedAccess(await indexLastMp4({ seconds: 6 }))
  const list = await all({ source, times: [4.5, 0, 2.2], width: 80 })
  t.same(
    list.map(({ time, pictureTime }) => [time, Math.round(pictureTime * 100) / 100]),
    [
      [4.5, 4],
      [0, 0],
      [2.2, 2],
    ],
  )
  for (const { image } of list) t.match(await streamOf(image), { codec_name: 'mjpeg', width: 80, height: 46 })
})

t.test('takes the exact frame at the time on request', async t => {
  const source = new LoggedAccess(await indexLastMp4({ seconds: 6 }))
  const list = await all({ source, times: [4.52, 2.2], exact: true, format: 'png' })
  t.same(
    list.map(({ pictureTime }) => Math.round(pictureTime * 100) / 100),
    [4.52, 2.2],
  )
  t.match(await streamOf(list[0]!.image), { codec_name: 'png', width: 160, height: 90 })
})

t.test('derives the times of a count or an interval from the length of the media', async t => {
  const source = new LoggedAccess(await indexLastMp4({ seconds: 6 }))
  t.same(
    (await all({ source, count: 3 })).map(({ time }) => Math.round(time)),
    [1, 3, 5],
  )
  t.same(
    (await all({ source, every: 2 })).map(({ time }) => time),
    [0, 2, 4],
  )
})

t.test('fetches the index once, and a block or two per thumbnail, from a long source', async t => {
  const highBitrate = ['-c:v', 'mpeg4', '-qscale:v', '1', '-g', '25']
  const whole = await ffmpegToFile(
    [...videoInput({ seconds: 20, size: '1280x720' }), ...highBitrate],
    'long.mp4',
  )
  const source = new LoggedAccess(whole)
  await all({ source, times: [5, 15] })
  t.ok(source.delivered < whole.length / 2, `${source.delivered} of ${whole.length}`)
  const tail = source.reads.filter(([, end]) => end === whole.length)
  t.equal(tail.length, 1, 'the index lies at the end')
})

t.test('leaves nothing behind after a break from the loop', async t => {
  const before = resources()
  const source = new LoggedAccess(await indexLastMp4({ seconds: 6 }))
  for await (const { time } of thumbnails({ source, times: [1, 2, 3, 4], concurrency: 3 })) {
    t.equal(time, 1)
    break
  }
  t.same(await resourcesSince(before), {})
})

t.test('rejects a source without video, a time past the end, and a source that breaks', async t => {
  const media = await indexLastMp4({ seconds: 6 })
  await t.rejects(all({ source: new LoggedAccess(media), times: [1, 60] }), {
    code: 'AVIO_ERR_FFMPEG_NO_OUTPUT',
  })
  const audio = await ffmpegToFile([...audioInput({ seconds: 3 }), ...AAC], 'audio.m4a')
  for (const exact of [false, true])
    await t.rejects(all({ source: new LoggedAccess(audio), times: [1], exact }), {
      code: 'AVIO_ERR_NO_SUCH_STREAM',
      message: /^The source has no video track/,
    })
  const error = new Error('It broke')
  await t.rejects(all({ source: new LoggedAccess(media, { failAt: 100, error }), count: 2 }), error)
  const abort = AbortSignal.abort()
  await t.rejects(all({ source: new LoggedAccess(media), times: [1], signal: abort }), { name: 'AbortError' })
})

t.test('checks its options when called', async t => {
  const source = new LoggedAccess(Buffer.alloc(1))
  const wrong: [object, RegExp][] = [
    [{ times: [1] }, /"source" must be a RandomAccess/],
    [{ source }, /exactly one of/],
    [{ source, times: [1], width: 0 }, /"width" must be an integer from 1 to 16384 pixels/],
    [{ source, times: [1], format: 'gif' }, /"format" must be one of "jpeg", "png", "webp"/],
    [{ source, times: [1], concurrency: 17 }, /"concurrency" must be an integer from 1 to 16/],
    [{ source, times: [1], size: 3 }, /thumbnails has no option "size"/],
  ]
  for (const [options, message] of wrong)
    t.throws(() => thumbnails(options as ThumbnailsOptions), { message })
})

t.test('applies limits, and rejects unknown ones', async t => {
  const source = new BytesSource({ bytes: await fastStartMp4({ seconds: 2 }) })
  const first = async (limits: object) => {
    for await (const { image } of thumbnails({ source, times: [0], limits })) return image
    return undefined
  }
  await t.rejects(first({ maxPixels: 100 }), { code: 'AVIO_ERR_LIMIT_PIXELS' })
  t.ok(await first({ maxPixels: 160 * 90 }))
  t.throws(() => thumbnails({ source, times: [0], limits: { maxObjects: 5 } as never }), {
    code: 'AVIO_ERR_OPTION',
  })
})

import t from 'tap'
import type { MediaInfo, MediaStreamInfo } from '../../../lib/ffmpeg/report/media-info.js'
import { formatRate } from '../../../lib/job/grid/rational.js'
import { sourceRate, sourceVideo } from '../../../lib/job/split/source-video.js'

const stream = (index: number, type: string, disposition: string[] = []) =>
  ({ index, type, disposition }) as unknown as MediaStreamInfo
const media = (...streams: MediaStreamInfo[]) => ({ streams }) as unknown as MediaInfo

t.test('finds the video, and no cover', async t => {
  const cover = stream(0, 'video', ['attached_pic'])
  t.match(sourceVideo(media(cover, stream(1, 'audio'), stream(2, 'video')), undefined), { index: 2 })
  t.throws(() => sourceVideo(media(cover), undefined), { code: 'source', message: /no video/ })
  const two = media(stream(0, 'video'), stream(1, 'video'))
  t.throws(() => sourceVideo(two, '0:v'), { code: 'source', message: /several/ })
  t.match(sourceVideo(two, '0:v:0'), { index: 0 })
})

t.test('takes a rate on which the index agrees, or that the last frames show', async t => {
  const rate = (frameRate?: number, realFrameRate?: number, step?: [number, number], isFieldCoded = false) =>
    formatRate(
      sourceRate({ frameRate, realFrameRate } as MediaStreamInfo, {
        spacing: step && { least: step[0], most: step[1] },
        isFieldCoded,
      }),
    )
  t.equal(rate(25, 25), '25')
  t.equal(rate(29.97), '30000/1001')
  t.equal(rate(25, 50), '25', 'fields')
  t.equal(rate(24.89, 25), '25', 'the average is off by a longer first frame')
  t.equal(rate(29.9, 59.94), '30000/1001', 'that of fields, too')
  t.equal(rate(23.5, 23.976, [41_000, 42_000]), '24000/1001', 'of a fragmented MP4')
  t.equal(rate(50, 50, [40_000, 40_000], true), '25', 'packets that are fields, counted as frames')
  t.equal(rate(25, 50, [40_000, 40_000], true), '25', 'packets that are fields')
  t.throws(() => rate(50, 50, [20_000, 60_000], true), { code: 'frame-rate' })
  t.throws(() => rate(20, 50, [20_000, 140_000]), { code: 'frame-rate' })
  t.throws(() => rate(), { code: 'frame-rate' })
})

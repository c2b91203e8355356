import t from 'tap'
import type { MediaInfo } from '../../../lib/ffmpeg/report/media-info.js'
import { type LadderSettings, ladderOf } from '../../../lib/cli/commands/package-job.js'

const SETTINGS: LadderSettings = { heights: [1080, 720, 360], codec: 'h264', audioBitrate: 128_000 }

function infoOf(...streams: { type: string; height?: number; disposition?: string[] }[]): MediaInfo {
  return { streams: streams.map(stream => ({ disposition: [], ...stream })) } as unknown as MediaInfo
}

t.test('enlarges nothing, and keeps the sound apart', async t => {
  const { renditions, leftOut } = ladderOf(
    infoOf({ type: 'video', height: 720 }, { type: 'audio' }),
    SETTINGS,
  )
  t.same(leftOut, [1080])
  t.match(renditions, [
    { name: '720p', audio: 'none', video: { codec: 'h264', height: 720, crf: 23, maxBitrate: 3_500_000 } },
    { name: '360p', video: { height: 360, maxBitrate: 900_000 } },
    { name: 'audio', video: 'none', audio: { codec: 'aac', bitrate: 128_000 } },
  ])
})

t.test('keeps the size of an input below all rungs', async t => {
  const { renditions } = ladderOf(infoOf({ type: 'video', height: 200 }), {
    ...SETTINGS,
    codec: 'hevc',
    crf: 30,
  })
  t.same(renditions, [
    { name: '200p', audio: 'none', video: { codec: 'hevc', crf: 30, maxBitrate: 260_000 } },
  ])
})

t.test('takes cover art for no video', async t => {
  const cover = { type: 'video', height: 600, disposition: ['attached_pic'] }
  t.same(ladderOf(infoOf(cover, { type: 'audio' }), SETTINGS), {
    renditions: [{ name: 'audio', video: 'none', audio: { codec: 'aac', bitrate: 128_000, channels: 2 } }],
    leftOut: [],
  })
  t.same(ladderOf(infoOf({ type: 'data' }), SETTINGS).renditions, [])
})

import t from 'tap'
import { audio, audioEncoding, video, videoEncoding } from '../../../lib/job/schema/encoding.js'

t.test('takes encodings from closed lists', async t => {
  for (const value of [
    { codec: 'h264' },
    {
      codec: 'hevc',
      height: 1080,
      frameRate: '24000/1001',
      preset: 'slow',
      crf: 28,
      maxBitrate: 8e6,
      gopSeconds: 2,
    },
    { codec: 'vp9' },
    { codec: 'av1', height: 2160 },
  ]) {
    t.ok(videoEncoding.safeParse(value).success, JSON.stringify(value))
  }
  for (const value of [
    {},
    { codec: 'libx264' },
    { codec: 'h264', height: 1081 },
    { codec: 'h264', frameRate: 25 },
    { codec: 'h264', frameRate: '1000' },
    { codec: 'h264', preset: 'placebo' },
    { codec: 'h264', crf: -1 },
    { codec: 'h264', crf: 64 },
    { codec: 'h264', maxBitrate: 1 },
    { codec: 'h264', gopSeconds: 0 },
    { codec: 'h264', args: ['-vf', 'movie=x'] },
  ]) {
    t.notOk(videoEncoding.safeParse(value).success, JSON.stringify(value))
  }
  t.ok(audioEncoding.safeParse({ codec: 'aac', bitrate: 128_000, channels: 2, sampleRate: 48_000 }).success)
  for (const value of [
    { codec: 'libfdk_aac' },
    { codec: 'aac', bitrate: 128_001 },
    { codec: 'aac', channels: 3 },
    { codec: 'aac', sampleRate: 1 },
  ]) {
    t.notOk(audioEncoding.safeParse(value).success, JSON.stringify(value))
  }
})

t.test('encodes, copies or omits a stream', async t => {
  for (const value of ['copy', 'none']) t.ok(video.safeParse(value).success && audio.safeParse(value).success)
  for (const value of ['', 'h264', null, []])
    t.notOk(video.safeParse(value).success || audio.safeParse(value).success)
})

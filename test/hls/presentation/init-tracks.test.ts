import t from 'tap'
import { codedSize, initTracks, shownSize } from '../../../lib/hls/presentation/init-tracks.js'
import { AUDIO_TRACK, VIDEO_TRACK } from '../../support/renditions.js'

const audio = { ...AUDIO_TRACK, id: 2 }

t.test('cuts segments by the video if there is one, else by the audio', async t => {
  t.equal(initTracks({ tracks: [audio, VIDEO_TRACK] }, 'a', true).track, VIDEO_TRACK)
  t.equal(initTracks({ tracks: [audio] }, 'a', false).track, audio)
})

t.test('refuses by name two tracks of a kind, none, or others', async t => {
  const text = { ...AUDIO_TRACK, kind: 'subtitle' as const, codec: 'wvtt' }
  for (const tracks of [
    [audio, AUDIO_TRACK],
    [VIDEO_TRACK, { ...VIDEO_TRACK, id: 3 }],
    [text],
    [audio, text, VIDEO_TRACK],
  ]) {
    t.throws(() => initTracks({ tracks }, 'a', true), {
      code: 'AVIO_ERR_HLS_TRACKS',
      rendition: 'a',
      message: /Rendition "a" has the tracks/,
    })
  }
})

t.test('swaps width and height of video rotated by a quarter turn', async t => {
  const track = { ...VIDEO_TRACK, width: 320, height: 180 }
  t.same(
    [0, 90, 180, 270].map(rotation => shownSize({ ...track, rotation }).width),
    [320, 180, 320, 180],
  )
})

t.test('refuses audio with the video if a DASH manifest is wanted, with the remedy', async t => {
  t.throws(() => initTracks({ tracks: [VIDEO_TRACK, audio] }, 'a', false), {
    code: 'AVIO_ERR_HLS_TRACKS',
    rendition: 'a',
    message: /a separate rendition/,
  })
  t.same(initTracks({ tracks: [VIDEO_TRACK] }, 'a', false).track, VIDEO_TRACK)
})

t.test('gives non-square pixels their display width', async t => {
  const track = { ...VIDEO_TRACK, width: 720, height: 576, pixelAspect: [64, 45] as const }
  t.same(shownSize(track), { width: 1024, height: 576 })
  t.same(codedSize(track), { width: 720, height: 576, sar: '64:45' })
  t.same(shownSize({ ...track, rotation: 90 }), { width: 576, height: 1024 })
  t.same(codedSize({ ...track, rotation: 180 }), { width: 720, height: 576, sar: '64:45' })
  t.same(codedSize({ ...track, rotation: 270 }), { width: 576, height: 720, sar: '45:64' })
  t.same(codedSize(VIDEO_TRACK), { width: 640, height: 360, sar: undefined })
  t.same(shownSize({ ...track, pixelAspect: [1, 2 ** 31] }).width, 1)
  t.same(shownSize({ ...track, width: undefined, height: undefined }).width, undefined)
})

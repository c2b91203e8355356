import t from 'tap'
import { initTracks, shownSize } from '../../lib/hls/init-tracks.js'
import { AUDIO_TRACK, VIDEO_TRACK } from '../support/renditions.js'

const init = { timescale: 1000, byteLength: 700 }
const audio = { ...AUDIO_TRACK, id: 2 }

t.test('segments are cut by the picture where there is one, else by the sound', async t => {
  t.equal(initTracks({ ...init, tracks: [audio, VIDEO_TRACK] }, 'a').track, VIDEO_TRACK)
  t.equal(initTracks({ ...init, tracks: [audio] }, 'a').track, audio)
})

t.test('priming of sound is before its time, the first offset of pictures is not', async t => {
  const edits = [{ segmentDuration: 0, mediaTime: 1024, mediaRate: 1 }]
  t.equal(initTracks({ ...init, tracks: [{ ...audio, edits }] }, 'a').shiftTicks, -1024)
  t.equal(initTracks({ ...init, tracks: [{ ...VIDEO_TRACK, edits }] }, 'a').shiftTicks, 0)
  const wait = { segmentDuration: 500, mediaTime: -1, mediaRate: 1 }
  t.equal(
    initTracks({ ...init, tracks: [{ ...VIDEO_TRACK, edits: [wait, ...edits] }] }, 'a').shiftTicks,
    6400,
  )
})

t.test('two of a kind, none, or others are refused by name', async t => {
  const text = { ...AUDIO_TRACK, kind: 'subtitle' as const, codec: 'wvtt' }
  for (const tracks of [
    [audio, AUDIO_TRACK],
    [VIDEO_TRACK, { ...VIDEO_TRACK, id: 3 }],
    [text],
    [audio, text, VIDEO_TRACK],
  ]) {
    t.throws(() => initTracks({ ...init, tracks }, 'a'), {
      code: 'AVIO_ERR_HLS_TRACKS',
      rendition: 'a',
      message: /Rendition "a" has the tracks/,
    })
  }
})

t.test('a picture that is turned by a quarter is as wide as it was high', async t => {
  const track = { ...VIDEO_TRACK, width: 320, height: 180 }
  t.same(
    [0, 90, 180, 270].map(rotation => shownSize({ ...track, rotation }).width),
    [320, 180, 320, 180],
  )
})

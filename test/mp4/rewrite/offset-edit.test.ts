import t from 'tap'
import { Box } from '../../../lib/mp4/boxes/box.js'
import { parseMovie } from '../../../lib/mp4/movie/movie.js'
import { offsetEdit, withEditLists } from '../../../lib/mp4/rewrite/offset-edit.js'
import { AUDIO, VIDEO, moov, trak } from '../../support/fmp4.js'
import { AUDIO_TRACK, VIDEO_TRACK } from '../../support/renditions.js'

/** Edits by duration in milliseconds and media time in ticks. */
const edits = (...list: [number, number, number?][]) =>
  list.map(([segmentDuration, mediaTime, mediaRate = 1]) => ({ segmentDuration, mediaTime, mediaRate }))
const video = (list: ReturnType<typeof edits>, compositionOffset = 0, decodeTime = 0) =>
  offsetEdit({ ...VIDEO_TRACK, edits: list }, 1000, { compositionOffset, decodeTime })
const audio = (list: ReturnType<typeof edits>) => offsetEdit({ ...AUDIO_TRACK, edits: list }, 1000)

t.test('keeps an edit that skips the priming of audio, and adds a wait to the decode times', async t => {
  const same = { decodeShift: 0, offsetShift: 0, edits: edits([0, 1024]), presentationShift: -1024 }
  t.same(audio(edits([0, 1024])), same)
  t.same(audio(edits([1000, -1], [0, 1024])), { ...same, decodeShift: 48_000 })
  t.same(audio(edits([600, -1], [400, -1], [0, 1024])), { ...same, decodeShift: 48_000 }, 'several waits')
  const none = { offsetShift: 0, edits: [], presentationShift: 0 }
  t.same(audio(edits([1000, -1])), { ...none, decodeShift: 48_000 }, 'only a wait')
  t.same(audio([]), { ...none, decodeShift: 0 })
})

t.test('leaves video without an edit list unless it skips frames', async t => {
  const none = { edits: [], presentationShift: 0 }
  t.same(video(edits([0, 1024]), 1024), { ...none, decodeShift: 0, offsetShift: 1024 }, 'B-frames')
  t.same(video(edits([21, -1], [0, 1024]), 1024), { ...none, decodeShift: 269, offsetShift: 1024 }, 'a wait')
  t.same(video([], 1024), { ...none, decodeShift: 1024, offsetShift: 1024 }, 'late by its offset')
  t.same(video(edits([0, 0]), 0), { ...none, decodeShift: 0, offsetShift: 0 }, 'an edit without effect')
  t.same(video(edits([0, 0]), 1024), { ...none, decodeShift: 1024, offsetShift: 1024 })
  t.same(video(edits([0, 129_024]), 1024, 128_000), { ...none, decodeShift: -128_000, offsetShift: 1024 })
  t.same(
    video(edits([0, 0]), -512, 512),
    { ...none, decodeShift: -512, offsetShift: -512 },
    'offsets below 0',
  )
})

t.test('keeps an edit that skips frames, without the offset of the first frame', async t => {
  const cut = { edits: edits([0, 6400]), presentationShift: -6400, offsetShift: 1024 }
  t.same(video(edits([0, 7424]), 1024), { ...cut, decodeShift: 0 })
  const bounded = video(edits([1000, -1], [3000, 1024]), 1024)
  t.same(bounded.edits, edits([4000, 0]), 'an edit with an end, extended by the wait')
  t.match(bounded, { decodeShift: 12_800, offsetShift: 1024, presentationShift: 0 })
  t.match(video(edits([0, 512, 0]), 1024), {
    edits: edits([0, 0, 0]),
    offsetShift: 512,
    presentationShift: 512,
  })
})

t.test('moves the later edits of a list by as much as the media', async t => {
  const { edits: list, decodeShift } = video(edits([500, -1], [1000, 1024], [300, -1], [2000, 65_024]), 1024)
  t.same(list, edits([1500, 0], [300, -1], [2000, 65_024 + 6400 - 1024]))
  t.equal(decodeShift, 6400)
})

t.test('presents every sample at its original time', async t => {
  for (const list of [[], edits([0, 0]), edits([0, 1024]), edits([0, 900]), edits([37, -1], [0, 1024])]) {
    for (const compositionOffset of [0, 512, 1024, -512]) {
      for (const decodeTime of [0, 5000]) {
        const { decodeShift, offsetShift, edits: left } = video(list, compositionOffset, decodeTime)
        const wait = list[0]?.mediaTime === -1 ? Math.round(list[0].segmentDuration * 12.8) : 0
        const before = wait + decodeTime + compositionOffset - (list.at(-1)?.mediaTime ?? 0)
        const after = decodeTime + decodeShift + compositionOffset - offsetShift - (left[0]?.mediaTime ?? 0)
        t.equal(after, before, JSON.stringify([list, compositionOffset, decodeTime]))
        t.ok(decodeTime + decodeShift >= 0 && left.length <= 1)
      }
    }
  }
})

t.test('writes the remaining lists into the moov, and nothing else', async t => {
  for (const version of [0, 1] as const) {
    const list = [[500, -1] as const, [0, 1024] as const]
    const bytes = moov([
      { ...VIDEO, edits: list, version },
      { ...AUDIO, edits: list, version },
    ])
    const box = Box.topLevel(bytes, 0, bytes.length, 24, 0)
    const movie = parseMovie(box)
    t.equal(
      withEditLists(box, movie, track => track.edits),
      undefined,
    )
    const written = withEditLists(box, movie, track => (track.id === 1 ? [] : edits([0, 1024])))!
    t.ok(written.includes(trak({ ...VIDEO, edits: [], version })), 'the video has no edts')
    const rest = moov([{ ...VIDEO, edits: [] }, AUDIO], { version }).subarray(-56)
    t.ok(written.subarray(-56).equals(rest), 'the rest is unchanged')
    const again = parseMovie(Box.topLevel(written, 0, written.length, 0, 0))
    t.same(again.tracks[0], { ...movie.tracks[0], edits: [] })
    t.same(again.tracks[1], { ...movie.tracks[1], edits: edits([0, 1024]) })
  }
})

t.test('keeps 64-bit times, and rates', async t => {
  const bytes = moov([{ ...AUDIO, edits: [[1, -1] as const, [0, 1024] as const] }])
  const box = Box.topLevel(bytes, 0, bytes.length, 0, 0)
  const movie = parseMovie(box)
  const wanted = edits([2 ** 40, 2 ** 35, 0.5], [1, -1])
  const written = withEditLists(box, movie, () => wanted)!
  t.same(parseMovie(Box.topLevel(written, 0, written.length, 0, 0)).tracks[0]!.edits, wanted)
})

import t from 'tap'
import { parseMovie } from '../../../lib/mp4/movie/movie.js'
import { presentation, presentationShift } from '../../../lib/mp4/movie/edit-list-times.js'
import type { Mp4Track } from '../../../lib/mp4/movie/track.js'
import { type EditSpec, VIDEO, moov } from '../../support/fmp4.js'
import { topLevel } from '../../support/sample-tables.js'

/** A track of 500 ticks a second in a movie of 1,000. */
function track(...edits: EditSpec[]): Mp4Track {
  return parseMovie(topLevel(moov([{ ...VIDEO, timescale: 500, edits }]))).tracks[0]!
}

t.test('shows all media unchanged without an edit list', async t => {
  t.same(presentation(track(), 1000), [{ at: 0, from: 0, to: Infinity }])
  t.equal(presentationShift(track(), 1000), 0)
})

t.test('cuts out a piece by an edit, with its length in movie time', async t => {
  const cut = track([2000, 80])
  t.same(presentation(cut, 1000), [{ at: 0, from: 80, to: 1080 }])
  t.equal(presentationShift(cut, 1000), -80)
})

t.test('waits for an empty edit, in front or between', async t => {
  const late = track([300, -1], [1000, 20], [100, -1], [1000, 700])
  t.same(presentation(late, 1000), [
    { at: 150, from: 20, to: 520 },
    { at: 700, from: 700, to: 1200 },
  ])
  t.equal(presentationShift(late, 1000), 130)
  t.same(presentation(track([300, -1]), 1000), [{ at: 150, from: 0, to: Infinity }], 'only a wait')
})

t.test('extends an edit without a length to the end', async t => {
  t.same(presentation(track([0, 40]), 1000), [{ at: 0, from: 40, to: Infinity }])
  t.same(
    presentation(track([7, 40]), 0),
    [{ at: 0, from: 40, to: Infinity }],
    'also if the movie has no timescale',
  )
})

import { Mp4Error } from '../../errors.js'
import { STEP, Turns, type Work } from '../../io/async/turns.js'
import { FragmentCounts, type FragmentKeys, walkFragments } from './moof-key-samples.js'
import { fragmentPlaces } from './sidx-mfra.js'
import type { KeySample, TrackKeys } from './moov-key-samples.js'
import type { FoundMovie } from './read-moov.js'
import { presentationShift } from '../movie/edit-list-times.js'
import type { Mp4Track } from '../movie/track.js'

/** Number of parallel walks through a file, if its index shows where they can start. */
const WALKS = 4
/** Fewer fragments are walked sequentially. */
const WORTH_SPLITTING = 16

/**
 * The sync samples of a track in fragments, with ffmpeg's times. Every `moof` is read, at about one read each:
 * only it tells which of its samples are sync samples, when, and where. A `sidx` or `mfra` shows where
 * fragments start, so that four can be read at a time; if it turns out to be wrong, they are read sequentially.
 *
 * @param found - the file, its `moov` read
 * @param track - one of its tracks
 * @throws Mp4Error those of {@link walkFragments}
 */
export async function fragmentedKeys(
  { topLevel, movie, end }: FoundMovie,
  track: Mp4Track,
  turns = new Turns(),
): Promise<TrackKeys> {
  const places = await fragmentPlaces(topLevel, end)
  const whole = async () => walkFragments(topLevel, end, topLevel.size, track, new FragmentCounts(), turns)
  const fragments =
    places.length < WORTH_SPLITTING
      ? await whole()
      : await inParts(places, [end, topLevel.size], (from, to, counts) =>
          walkFragments(topLevel.another(), from, to, track, counts, turns),
        ).catch((error: unknown) => {
          if (error instanceof Mp4Error) return whole()
          throw error
        })
  return turns.run(joined(fragments, presentationShift(track, movie.timescale)))
}

/** Splits the range from `start` to `end` at some of the positions and walks all parts in parallel. */
async function inParts(
  places: readonly number[],
  [start, end]: readonly [number, number],
  walk: (from: number, to: number, counts: FragmentCounts) => Promise<FragmentKeys[]>,
): Promise<FragmentKeys[]> {
  const counts = new FragmentCounts()
  const cuts = Array.from(
    { length: WALKS - 1 },
    (_, n) => places[Math.floor(((n + 1) * places.length) / WALKS)]!,
  )
  const edges = [start, ...cuts, end]
  const parts = await Promise.allSettled(cuts.concat(end).map((to, n) => walk(edges[n]!, to, counts)))
  return parts.flatMap(part => {
    if (part.status === 'fulfilled') return part.value
    throw part.reason
  })
}

/** Concatenates fragments: one without a start time starts where the previous one ended. */
function* joined(fragments: readonly FragmentKeys[], shift: number): Work<TrackKeys> {
  const keys: KeySample[] = []
  let time = 0
  let end = -Infinity
  let count = 0
  for (const fragment of fragments) {
    time = fragment.decodeTime ?? time
    for (const key of fragment.keys) {
      keys.push({ time: key.time + time + shift, offset: key.offset, size: key.size })
      if (keys.length % STEP === 0) yield STEP
    }
    end = Math.max(end, time + fragment.end + shift)
    time += fragment.duration
    if (++count % STEP === 0) yield STEP
  }
  return { keys, end }
}

import { atOnce } from '../../io/async/turns.js'
import type { Box } from '../boxes/box.js'
import { ChunkCursor } from './chunk-cursor.js'
import { MAX_CHUNKS } from '../boxes/limits.js'
import { type Movie, parseMovie, sampleTable } from '../movie/movie.js'
import { presentationShift } from '../movie/edit-list-times.js'
import { RunLengthCursor } from './run-length-cursor.js'
import type { Mp4Track } from '../movie/track.js'

/** Tracks of picture and sound that are compared; more are passed over. */
const MAX_COMPARED = 16

/**
 * How far apart an MP4 keeps what belongs together: the largest distance in bytes between the chunks that two tracks
 * of picture or sound have for the same moment. So far a reader that wants them in the order of time has to jump back
 * again and again; one that can't jump has to hold as much.
 *
 * Only chunks are looked at, and their times are those of decoding: a three-hour film has some 20,000 chunks. What
 * ffmpeg writes itself comes to a second of media, about 0.1–2 MB; a file with all its sound behind all its pictures to
 * the size of its pictures; one with a single track, or with fragments, to 0.
 *
 * @param moov - the index
 * @param movie - what was read of it, where that was done already
 * @throws Mp4Error AVIO_ERR_MP4_BOX_INVALID and the like where its tables are damaged, AVIO_ERR_MP4_LIMIT for more than
 * four million chunks
 */
export function interleaveDistance(moov: Box, movie: Movie = parseMovie(moov)): number {
  const traks = moov.children.filter(child => child.type === 'trak')
  const places: TrackPlace[] = []
  let chunks = 0
  for (const [n, track] of movie.tracks.entries()) {
    if ((track.kind !== 'video' && track.kind !== 'audio') || places.length === MAX_COMPARED) continue
    const stbl = sampleTable(traks[n]!)
    const place = new TrackPlace(stbl, track, movie.timescale)
    chunks += place.chunks
    if (chunks > MAX_CHUNKS) {
      const message = `${chunks} chunks in all tracks up to this one; at most ${MAX_CHUNKS} are compared`
      throw stbl.error('AVIO_ERR_MP4_LIMIT', message, track.id)
    }
    places.push(place)
  }
  return places.length < 2 ? 0 : distanceOf(places)
}

/**
 * Steps that are taken. Those of an honest file tell within the first seconds; and of one that has a chunk for each
 * sample a quarter of a million are an hour.
 */
const MAX_STEPS = 2 ** 18

/** Lets all tracks go on in the order of time, a chunk at a time, and measures after each step. */
function distanceOf(places: readonly TrackPlace[]): number {
  let distance = 0
  for (let steps = 0; steps < MAX_STEPS; steps += places.length) {
    let now = Infinity
    for (const { nextTime } of places) now = Math.min(now, nextTime)
    if (now === Infinity) return distance
    let first = Infinity
    let last = -Infinity
    for (const place of places) {
      if (place.nextTime === now) place.step()
      if (!place.hasBegun || now >= place.end) continue
      first = Math.min(first, place.offset)
      last = Math.max(last, place.offset)
    }
    distance = Math.max(distance, last - first)
  }
  return distance
}

/** Where the reader of one track is. Times are in seconds. */
class TrackPlace {
  /** Where the chunk lies that holds the present moment. */
  offset = 0
  hasBegun = false
  /** When the chunk after it begins; `Infinity` behind the last. */
  nextTime: number
  /** When the track ends. */
  readonly end: number
  readonly chunks: number
  readonly #chunks: ChunkCursor
  readonly #durations: RunLengthCursor
  readonly #timescale: number
  readonly #shift: number
  #ticks = 0

  constructor(stbl: Box, track: Mp4Track, movieTimescale: number) {
    this.#chunks = new ChunkCursor(stbl)
    this.#durations = new RunLengthCursor(stbl.needChild('stts'))
    this.#timescale = track.timescale
    this.#shift = presentationShift(track, movieTimescale)
    this.chunks = this.#chunks.count
    this.end = this.#seconds(atOnce(this.#durations.totals()).sum)
    this.nextTime = this.#chunks.next() ? this.#seconds(0) : Infinity
  }

  /** Goes on to the next chunk. */
  step(): void {
    this.hasBegun = true
    this.offset = this.#chunks.offset
    this.#ticks += this.#durations.advance(this.#chunks.samples)
    this.nextTime = this.#chunks.next() ? this.#seconds(this.#ticks) : Infinity
  }

  #seconds(ticks: number): number {
    return (ticks + this.#shift) / this.#timescale
  }
}

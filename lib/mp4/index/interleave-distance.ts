import { atOnce } from '../../io/async/turns.js'
import type { Box } from '../boxes/box.js'
import { ChunkCursor } from './chunk-cursor.js'
import { MAX_CHUNKS } from '../boxes/limits.js'
import { type Movie, parseMovie, sampleTable } from '../movie/movie.js'
import { presentationShift } from '../movie/edit-list-times.js'
import { RunLengthCursor } from './run-length-cursor.js'
import type { Mp4Track } from '../movie/track.js'

/** Video and audio tracks compared; further ones are ignored. */
const MAX_COMPARED = 16

/**
 * How far apart an MP4 stores simultaneous media: the largest distance in bytes between the chunks of two video
 * or audio tracks for the same time. A reader in time order has to seek that far again and again; one that
 * can't seek has to buffer as much.
 *
 * Only chunks are considered, with decode times: a three-hour film has some 20,000 chunks. Files written by
 * ffmpeg are at about a second of media, 0.1–2 MB; a file with all audio after all video at the size of its
 * video; one with a single track, or with fragments, at 0.
 *
 * @param moov - the index
 * @param movie - its parsed form, if available
 * @throws Mp4Error AVIO_ERR_MP4_BOX_INVALID and the like if its tables are damaged, AVIO_ERR_MP4_LIMIT for more
 * than four million chunks
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
      const message = `${chunks} chunks in all tracks up to this one; the limit is ${MAX_CHUNKS}`
      throw stbl.error('AVIO_ERR_MP4_LIMIT', message, track.id)
    }
    places.push(place)
  }
  return places.length < 2 ? 0 : distanceOf(places)
}

/**
 * Steps taken. Honest files show their distance within seconds; a quarter of a million chunks, if each has one
 * sample, are an hour.
 */
const MAX_STEPS = 2 ** 18

/** Advances all tracks in time order, one chunk at a time, and measures after each step. */
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

/** One track's reader. Times are in seconds. */
class TrackPlace {
  /** Position of the chunk for the current time. */
  offset = 0
  hasBegun = false
  /** Start time of the next chunk; `Infinity` after the last. */
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

  /** Advances to the next chunk. */
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

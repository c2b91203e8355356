import { sortInTurns } from '../../io/async/sort-in-turns.js'
import { STEP, Turns, type Work } from '../../io/async/turns.js'
import type { Box } from '../boxes/box.js'
import { fragmentedKeys } from './fragmented-keys.js'
import { type KeySample, type TrackKeys, keySamples } from './moov-key-samples.js'
import { MAX_TRACKS } from '../boxes/limits.js'
import type { FoundMovie } from './read-moov.js'
import type { Mp4Track } from '../movie/track.js'

/** The sync samples of a track, times in seconds. */
export interface Mp4Keys {
  /** Whether fragments had to be read. */
  readonly fragmented: boolean
  /** Presentation end of the track. */
  readonly duration: number
  readonly keys: readonly KeySample[]
}

/**
 * The requested track: the one with that id; without one, the first video track that is not a still image,
 * otherwise the first audio track. Chapter images (`tref/chap`) don't count as video.
 */
export function keyTrack({ box, movie }: FoundMovie, id?: number): Mp4Track | undefined {
  if (id !== undefined) return movie.tracks.find(track => track.id === id)
  const known = new Set(movie.tracks.map(track => track.id))
  const chapters = new Set<number>()
  for (const trak of traks(box)) addChapterTracks(trak, known, chapters)
  const isPicture = ({ id: own, kind, handler }: Mp4Track) =>
    kind === 'video' && handler !== 'pict' && !chapters.has(own)
  return movie.tracks.find(isPicture) ?? movie.tracks.find(({ kind }) => kind === 'audio')
}

/**
 * All sync samples of a track, from the `moov` and, where there are any, from fragments.
 *
 * @param found - the file, its `moov` read
 * @param track - one of its tracks
 * @throws Mp4Error those of {@link keySamples} and {@link fragmentedKeys}; `AVIO_ERR_MP4_DATA_OFFSET` if a
 * sample is past the end of the file
 */
export async function mp4Keys(found: FoundMovie, track: Mp4Track, turns = new Turns()): Promise<Mp4Keys> {
  const { box, movie, topLevel } = found
  const trak = traks(box)[movie.tracks.indexOf(track)]!
  const listed = await turns.run(keySamples(trak, track, movie.timescale))
  await turns.run(checkPlaces(listed.keys, topLevel.size, trak, track))
  const rest = movie.fragmented ? await fragmentedKeys(found, track, turns) : { keys: [], end: 0 }
  return {
    fragmented: movie.fragmented,
    duration: Math.max(0, listed.end, rest.end) / track.timescale,
    keys: await turns.run(inSeconds([listed, rest], track.timescale)),
  }
}

function* checkPlaces(keys: readonly KeySample[], size: number, trak: Box, track: Mp4Track): Work<void> {
  for (const [n, key] of keys.entries()) {
    if (key.offset + key.size > size) {
      const message = `a sample lies at bytes ${key.offset} to ${key.offset + key.size}, but the file ends at ${size}`
      throw trak.error('AVIO_ERR_MP4_DATA_OFFSET', message, track.id)
    }
    if (n % STEP === STEP - 1) yield STEP
  }
}

/** All of them, sorted by time. */
function* inSeconds(parts: readonly TrackKeys[], timescale: number): Work<KeySample[]> {
  const keys: KeySample[] = []
  for (const part of parts) {
    for (const key of part.keys) {
      keys.push({ time: key.time / timescale, offset: key.offset, size: key.size })
      if (keys.length % STEP === 0) yield STEP
    }
  }
  return yield* sortInTurns(keys, ({ time }) => time)
}

function traks(moov: Box): Box[] {
  return moov.children.filter(({ type }) => type === 'trak')
}

/** Adds the tracks that this one uses for its chapters, at most as many as there can be. */
function addChapterTracks(trak: Box, known: ReadonlySet<number>, chapters: Set<number>): void {
  const chap = trak.child('tref')?.child('chap')
  const count = Math.min(Math.floor((chap?.length ?? 0) / 4), MAX_TRACKS)
  for (let n = 0; n < count; n++) {
    const id = chap!.u32(4 * n)
    if (known.has(id)) chapters.add(id)
  }
}

import type { Box } from './boxes.js'
import { fragmentedKeys } from './fragmented-keys.js'
import { type KeySample, keySamples } from './key-samples.js'
import type { FoundMovie } from './movie-reader.js'
import type { Mp4Track } from './track.js'

/** The sync samples of a track, times in seconds. */
export interface Mp4Keys {
  /** Whether fragments had to be read. */
  readonly fragmented: boolean
  /** When the track ends, as it is shown. */
  readonly duration: number
  readonly keys: readonly KeySample[]
}

/**
 * The track whose sync samples are asked for: the one of that id; without one the first that is a moving picture, else
 * the first that is sound. Pictures that only illustrate chapters (`tref/chap`) are not moving.
 */
export function keyTrack({ box, movie }: FoundMovie, id?: number): Mp4Track | undefined {
  if (id !== undefined) return movie.tracks.find(track => track.id === id)
  const chapters = new Set(traks(box).flatMap(trak => chapterTracks(trak)))
  const isPicture = ({ id: own, kind, handler }: Mp4Track) =>
    kind === 'video' && handler !== 'pict' && !chapters.has(own)
  return movie.tracks.find(isPicture) ?? movie.tracks.find(({ kind }) => kind === 'audio')
}

/**
 * All sync samples of a track, from the `moov` and, where there are any, from fragments.
 *
 * @param found - the file, its `moov` read
 * @param track - one of its tracks
 * @throws Mp4Error those of {@link keySamples} and {@link fragmentedKeys}; `AVIO_ERR_MP4_DATA_OFFSET` where a sample
 * lies behind the end of the file
 */
export async function mp4Keys(found: FoundMovie, track: Mp4Track): Promise<Mp4Keys> {
  const { box, movie, topLevel } = found
  const trak = traks(box)[movie.tracks.indexOf(track)]!
  const listed = keySamples(trak, track, movie.timescale)
  for (const { offset, size } of listed.keys) {
    if (offset + size <= topLevel.size) continue
    const message = `a sample lies at bytes ${offset} to ${offset + size}, but the file ends at ${topLevel.size}`
    throw trak.error('AVIO_ERR_MP4_DATA_OFFSET', message, track.id)
  }
  const rest = movie.fragmented ? await fragmentedKeys(found, track) : { keys: [], end: 0 }
  const seconds = (key: KeySample) => ({ ...key, time: key.time / track.timescale })
  return {
    fragmented: movie.fragmented,
    duration: Math.max(0, listed.end, rest.end) / track.timescale,
    keys: [...listed.keys, ...rest.keys].map(seconds).sort((a, b) => a.time - b.time),
  }
}

function traks(moov: Box): Box[] {
  return moov.children.filter(({ type }) => type === 'trak')
}

/** Tracks that this one refers to for its chapters. */
function chapterTracks(trak: Box): number[] {
  const chap = trak.child('tref')?.child('chap')
  return chap ? Array.from({ length: Math.floor(chap.length / 4) }, (_, n) => chap.u32(4 * n)) : []
}

import type { Box } from '../boxes/box.js'
import { MAX_TRACKS } from '../boxes/limits.js'
import { type SampleDefaults, movieHeader, trackExtends } from '../boxes/leaf-boxes.js'
import { type Mp4Track, parseTrack } from './track.js'

/** A parsed `moov`. */
export interface Movie {
  /** Ticks per second of the movie's own times, such as an edit's length. */
  readonly timescale: number
  /** Whether it has an `mvex`, which announces fragments. */
  readonly fragmented: boolean
  readonly tracks: readonly Mp4Track[]
}

/** Reads a `moov`. */
export function parseMovie(moov: Box): Movie {
  const { timescale } = movieHeader(moov.needChild('mvhd'))
  const mvex = moov.child('mvex')
  const defaults = new Map<number, SampleDefaults>()
  for (const trex of mvex?.children ?? []) {
    if (trex.type !== 'trex') continue
    const { trackId, defaults: ofTrack } = trackExtends(trex)
    defaults.set(trackId, ofTrack)
  }
  const traks = moov.children.filter(child => child.type === 'trak')
  if (traks.length === 0)
    throw moov.error('AVIO_ERR_MP4_BOX_MISSING', 'it has no trak, so the movie has no tracks')
  if (traks.length > MAX_TRACKS) {
    throw moov.error('AVIO_ERR_MP4_LIMIT', `${traks.length} tracks; the limit is ${MAX_TRACKS}`)
  }
  const ids = new Set<number>()
  const tracks = traks.map(trak => {
    const track = parseTrack(trak, id => defaults.get(id))
    if (ids.has(track.id)) {
      throw trak.error('AVIO_ERR_MP4_BOX_INVALID', 'another track has the same id', track.id)
    }
    ids.add(track.id)
    return track
  })
  return { timescale, fragmented: mvex !== undefined, tracks }
}

/** The sample table of a track within a `moov`. */
export function sampleTable(trak: Box): Box {
  return trak.needChild('mdia').needChild('minf').needChild('stbl')
}

/** Number of samples in a sample table: those with data outside of fragments. */
export function sampleCount(stbl: Box): number {
  const sizes = stbl.child('stsz') ?? stbl.child('stz2')
  return sizes ? sizes.u32(8) : 0
}

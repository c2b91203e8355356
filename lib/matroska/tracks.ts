import type { EbmlData } from './element.js'
import { ID } from './segment.js'

/** The properties of a Matroska track needed for its cues. */
export interface MatroskaTrack {
  /** `TrackNumber`: its number in cues and blocks, from 1. */
  readonly number: number
  readonly kind: 'video' | 'audio' | 'other'
  /** Decoder output discarded at the start, in nanoseconds. */
  readonly codecDelay: number
}

const KINDS: Partial<Record<number, 'video' | 'audio'>> = { 1: 'video', 2: 'audio' }
/** Limit of tracks; further ones are ignored. */
const MAX_TRACKS = 1000

/** Reads a `Tracks` (RFC 9559 §5.1.4). Skips a track without a number. */
export function matroskaTracks(tracks: EbmlData): MatroskaTrack[] {
  const found: MatroskaTrack[] = []
  for (const entry of tracks.children()) {
    if (entry.id !== ID.trackEntry || found.length === MAX_TRACKS) continue
    const fields = new Map<number, EbmlData>()
    for (const field of entry.children()) {
      if (field.id === ID.trackNumber || field.id === ID.trackType || field.id === ID.codecDelay) {
        fields.set(field.id, field)
      }
    }
    const number = fields.get(ID.trackNumber)?.unsigned ?? 0
    const kind = KINDS[fields.get(ID.trackType)?.unsigned ?? 0] ?? 'other'
    if (number > 0) found.push({ number, kind, codecDelay: fields.get(ID.codecDelay)?.unsigned ?? 0 })
  }
  return found
}

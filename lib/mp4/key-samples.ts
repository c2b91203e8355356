import type { Box } from './boxes.js'
import { MAX_EDIT_STEPS, MAX_KEY_SAMPLES } from './limits.js'
import { sampleTable } from './movie.js'
import { type Presented, presentation } from './presentation.js'
import { SampleTable } from './sample-table.js'
import type { Mp4Track } from './track.js'

/** A sync sample: one that decodes by itself. */
export interface KeySample {
  /** When it is shown, in the track's timescale, with the edit list applied. */
  readonly time: number
  /** Where it lies in the file. */
  readonly offset: number
  /** In bytes. */
  readonly size: number
}

/** The sync samples of a track, and when it ends, in its timescale. */
export interface TrackKeys {
  readonly keys: readonly KeySample[]
  /** When the last sample has been shown; `-Infinity` without any. */
  readonly end: number
}

/**
 * The sync samples that a `moov` lists for a track, with the times that ffmpeg gives them (`mov_fix_index` of
 * libavformat/mov.c):
 *
 * - A piece of the edit list begins with the last sync sample that is shown at or before its start, since decoding has
 *   to begin there; that one's time comes out before the piece's. For sound, a second more is taken.
 * - The first picture within a piece is shown when the piece begins, and all others keep their distance from it: an
 *   edit that starts between two pictures, or before the first, does not leave a gap. Sound is shown where it is.
 * - What comes after a piece's end is not listed.
 *
 * @param trak - the track's box
 * @param track - what was read of it
 * @param movieTimescale - that of its edit list's durations
 * @throws Mp4Error AVIO_ERR_MP4_BOX_INVALID, AVIO_ERR_MP4_LIMIT: see {@link SampleTable}
 */
export function keySamples(trak: Box, track: Mp4Track, movieTimescale: number): TrackKeys {
  const stbl = sampleTable(trak)
  const table = new SampleTable(stbl, track.id)
  const pieces = presentation(track, movieTimescale)
  // Each piece is looked for from the start. An entry of a table takes four bytes at least.
  const steps = pieces.length * (table.count + stbl.size / 4)
  if (pieces.length > 1 && steps > MAX_EDIT_STEPS) {
    const message = `${pieces.length} edits of ${table.count} samples in tables of ${stbl.size} bytes: that is more than is looked at`
    throw stbl.error('AVIO_ERR_MP4_LIMIT', message, track.id)
  }
  const found = pieces.map(piece => keysOf(piece, table, track))
  const keys = found.flatMap(piece => piece.keys)
  if (keys.length > MAX_KEY_SAMPLES) throw tooManyKeys(stbl, track)
  return { keys, end: Math.max(...found.map(({ end }) => end)) }
}

function keysOf(piece: Presented, table: SampleTable, track: Mp4Track): TrackKeys {
  const isAudio = track.kind === 'audio'
  const isEdited = track.edits.length > 0
  const search = piece.from - (isAudio ? track.timescale : 0)
  let keys: KeySample[] = []
  let first = Infinity
  let end = -Infinity
  const samples = table.samples()
  while (samples.next()) {
    const { compositionTime, offset, size } = samples
    if (compositionTime >= piece.to) continue
    if (compositionTime >= piece.from && compositionTime < first) first = compositionTime
    end = Math.max(end, compositionTime + samples.duration)
    if (!samples.isSync) continue
    if (isEdited && compositionTime <= search) keys = []
    if (keys.length < MAX_KEY_SAMPLES + 1) keys.push({ time: compositionTime, offset, size })
  }
  const origin = isAudio || !isEdited || first === Infinity ? piece.from : first
  const shift = piece.at - origin
  return {
    keys: keys.map(({ time, offset, size }) => ({ time: time + shift, offset, size })),
    end: Math.min(end, piece.to) + shift,
  }
}

function tooManyKeys(stbl: Box, track: Mp4Track): Error {
  const message =
    `more than ${MAX_KEY_SAMPLES} of its samples decode by themselves, as each sample of uncompressed sound does: ` +
    'such a track can be cut anywhere'
  return stbl.error('AVIO_ERR_MP4_LIMIT', message, track.id)
}

import { STEP, type Work } from '../../io/async/turns.js'
import type { Box } from '../boxes/box.js'
import { KeyColumns } from './key-columns.js'
import { MAX_KEY_SAMPLES } from '../boxes/limits.js'
import { sampleTable } from '../movie/movie.js'
import { type Presented, presentation } from '../movie/edit-list-times.js'
import { PieceBounds } from './piece-bounds.js'
import { SampleTable } from './sample-table.js'
import type { Mp4Track } from '../movie/track.js'

/** A sync sample: one that decodes on its own. */
export interface KeySample {
  /** Its presentation time, in the track's timescale, after the edit list. */
  readonly time: number
  /** Its position in the file. */
  readonly offset: number
  /** In bytes. */
  readonly size: number
}

/** The sync samples of a track, and its end, in its timescale. */
export interface TrackKeys {
  readonly keys: readonly KeySample[]
  /** Presentation end of the last sample; `-Infinity` without any. */
  readonly end: number
}

/**
 * The sync samples a `moov` lists for a track, with ffmpeg's times (`mov_fix_index` of
 * libavformat/mov.c):
 *
 * - A piece of the edit list starts with the last sync sample presented at or before its start, since decoding
 *   has to start there; that one's time is before the piece's. For audio, an extra second is included.
 * - The first frame within a piece is presented when the piece starts, and all others keep their distance from
 *   it: an edit that starts between two frames, or before the first, leaves no gap. Audio keeps its times.
 * - Samples after a piece's end are not listed.
 *
 * The samples are visited once, whatever the number of edits; the sync samples of each piece are then cut out
 * of the result, and counted before any becomes an object.
 *
 * Memory: 24 bytes a sync sample, and the result.
 *
 * @param trak - the track's box
 * @param track - its parsed form
 * @param movieTimescale - the timescale of its edit durations
 * @throws Mp4Error AVIO_ERR_MP4_BOX_INVALID, AVIO_ERR_MP4_LIMIT: see {@link SampleTable}
 */
export function* keySamples(trak: Box, track: Mp4Track, movieTimescale: number): Work<TrackKeys> {
  const stbl = sampleTable(trak)
  const table = yield* SampleTable.read(stbl, track.id)
  const pieces = presentation(track, movieTimescale)
  const bounds = new PieceBounds(pieces)
  const columns = new KeyColumns(searchStart(pieces, track), bounds.latest)
  const samples = table.samples()
  while (samples.next()) {
    const { compositionTime, duration } = samples
    bounds.add(compositionTime, compositionTime + duration)
    if (samples.isSync && !columns.add(compositionTime, samples.offset, samples.size)) {
      throw tooManyKeys(stbl, track)
    }
    if (samples.index % STEP === STEP - 1) yield STEP
  }
  yield* columns.sort()
  const cuts = pieces.map(piece => columns.cut(searchStart([piece], track), piece.to))
  if (cuts.reduce((sum, [from, to]) => sum + to - from, 0) > MAX_KEY_SAMPLES) throw tooManyKeys(stbl, track)
  const keys: KeySample[] = []
  let end = -Infinity
  for (const [n, piece] of pieces.entries()) {
    const shift = piece.at - originOf(piece, bounds.firstOf(n), track)
    end = Math.max(end, Math.min(bounds.endOf(n), piece.to) + shift)
    for (let key = cuts[n]![0]; key < cuts[n]![1]; key++) {
      keys.push({
        time: columns.timeAt(key) + shift,
        offset: columns.offsetAt(key),
        size: columns.sizeAt(key),
      })
      if (keys.length % STEP === 0) yield STEP
    }
  }
  return { keys, end }
}

/** The composition time from which sync samples are needed; `-Infinity` without edits, when all are. */
function searchStart(pieces: readonly Presented[], { kind, timescale, edits }: Mp4Track): number {
  if (edits.length === 0) return -Infinity
  const from = pieces.reduce((least, piece) => Math.min(least, piece.from), Infinity)
  return kind === 'audio' ? from - timescale : from
}

/** The composition time presented when the piece starts. */
function originOf(piece: Presented, first: number, track: Mp4Track): number {
  const isAsItIs = track.kind === 'audio' || track.edits.length === 0
  return isAsItIs || first >= piece.to ? piece.from : first
}

function tooManyKeys(stbl: Box, track: Mp4Track): Error {
  const message =
    `more than ${MAX_KEY_SAMPLES} of its samples are sync samples, like every sample of uncompressed audio: ` +
    'such a track can be cut anywhere'
  return stbl.error('AVIO_ERR_MP4_LIMIT', message, track.id)
}

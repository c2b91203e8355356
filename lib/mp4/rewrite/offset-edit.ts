import type { Box } from '../boxes/box.js'
import { bytesOf } from '../boxes/box-writer.js'
import { BoxRewrite } from '../boxes/box-rewrite.js'
import { editListPart } from './edit-list-part.js'
import type { Movie } from '../movie/movie.js'
import type { Mp4Edit } from '../boxes/leaf-boxes.js'
import type { Mp4Track } from '../movie/track.js'

/**
 * A track's edit list in CMAF (ISO/IEC 23000-19 §7.5.13): none, or one edit that sets where in the media the
 * presentation starts.
 *
 * Media Source Extensions support no more than that, and browsers ignore the rest, each in its way: Chromium
 * ignores an empty edit and the one after it too, so that video is late by the composition offset that the
 * latter compensates. So the edit list is expressed by the media's own times instead, which all players use:
 *
 * - A delay (empty edits before the first media edit) is added to the decode times.
 * - Video gets composition offsets that start at 0, negative ones if frames are reordered (the brand `cmf2`),
 *   and the compensation for them is removed from the edit list. If nothing of the media is skipped then, no
 *   edit is left. Players that use the first frame's time without the edit list (as hls.js does) are then right
 *   as well.
 * - The remaining edit skips media: the priming of audio, frames before a cut.
 *
 * CMAF can't express a list of several media edits; its delays are still folded in.
 */
export interface OffsetEdit {
  /** Added to each decode time, in ticks; may be negative. */
  readonly decodeShift: number
  /** Subtracted from each composition offset, in ticks. */
  readonly offsetShift: number
  /** The remaining edit list. */
  readonly edits: readonly Mp4Edit[]
  /** Added to the shifted decode time of a key frame to get its presentation time, in ticks. */
  readonly presentationShift: number
}

/** The first sample of a track: in the track's ticks. */
export interface FirstSample {
  readonly decodeTime: number
  readonly compositionOffset: number
}

/**
 * Converts a track's edit list.
 *
 * @param first - the first sample of a video track; audio has no composition offsets
 */
export function offsetEdit(
  { kind, timescale, edits }: Mp4Track,
  movieTimescale: number,
  first: FirstSample = { decodeTime: 0, compositionOffset: 0 },
): OffsetEdit {
  const firstMedia = edits.findIndex(({ mediaTime }) => mediaTime >= 0)
  const waits = edits.slice(0, firstMedia < 0 ? edits.length : firstMedia)
  const movieWait = waits.reduce((sum, { segmentDuration }) => sum + segmentDuration, 0)
  const wait = movieTimescale > 0 ? Math.round((movieWait * timescale) / movieTimescale) : 0
  const [edit, ...others] = edits.slice(waits.length)
  const offset = kind === 'video' ? first.compositionOffset : 0
  const folded = wait + offset - (edit?.mediaTime ?? 0)
  const isOffset = edit === undefined || (others.length === 0 && isOpen(edit) && edit.mediaRate === 1)
  if ((kind === 'video' || edit === undefined) && isOffset && first.decodeTime + folded >= 0) {
    return { decodeShift: folded, offsetShift: offset, edits: [], presentationShift: 0 }
  }
  if (edit === undefined) return { decodeShift: wait, offsetShift: 0, edits: [], presentationShift: offset }
  const offsetShift = Math.min(offset, edit.mediaTime)
  const start = edit.mediaTime - offsetShift
  // The delay is now part of the media, and the first edit presents it too.
  const segmentDuration = isOpen(edit) ? 0 : edit.segmentDuration + movieWait
  const later = others.map(other =>
    other.mediaTime < 0 ? other : { ...other, mediaTime: other.mediaTime + wait - offsetShift },
  )
  return {
    decodeShift: wait,
    offsetShift,
    edits: [{ ...edit, segmentDuration, mediaTime: start }, ...later],
    presentationShift: offset - offsetShift - start,
  }
}

/** Whether an edit lasts to the end, which is unknown when a fragmented file starts. */
function isOpen({ segmentDuration }: Mp4Edit): boolean {
  return segmentDuration === 0
}

/**
 * A `moov` with these edit lists; `undefined` if they are unchanged.
 *
 * @param editsOf - the edit list of a track
 */
export function withEditLists(
  moov: Box,
  { tracks }: Movie,
  editsOf: (track: Mp4Track) => readonly Mp4Edit[],
): Buffer | undefined {
  const rewrite = new BoxRewrite(moov)
  const traks = moov.children.filter(({ type }) => type === 'trak')
  for (const [n, track] of tracks.entries()) {
    const edts = traks[n]!.child('edts')
    const elst = edts?.child('elst')
    const edits = editsOf(track)
    if (edts === undefined || elst === undefined || isSame(edits, track.edits)) continue
    if (edits.length === 0) rewrite.replace(edts, Buffer.alloc(0))
    else rewrite.replace(elst, bytesOf(editListPart(edits)))
  }
  return rewrite.isEmpty ? undefined : rewrite.bytes()
}

function isSame(a: readonly Mp4Edit[], b: readonly Mp4Edit[]): boolean {
  const isAlike = (edit: Mp4Edit, other: Mp4Edit | undefined) =>
    edit.segmentDuration === other?.segmentDuration &&
    edit.mediaTime === other.mediaTime &&
    edit.mediaRate === other.mediaRate
  return a.length === b.length && a.every((edit, n) => isAlike(edit, b[n]))
}

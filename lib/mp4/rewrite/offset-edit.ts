import type { Box } from '../boxes/box.js'
import { bytesOf } from '../boxes/box-writer.js'
import { BoxRewrite } from '../boxes/box-rewrite.js'
import { editListPart } from './edit-list-part.js'
import type { Movie } from '../movie/movie.js'
import type { Mp4Edit } from '../boxes/leaf-boxes.js'
import type { Mp4Track } from '../movie/track.js'

/**
 * A track's edit list, as CMAF has it (ISO/IEC 23000-19 §7.5.13): none, or one edit that says where in the media
 * presentation begins.
 *
 * Media Source Extensions know no more than that, and browsers pass over the rest, each in its way: Chromium passes over an
 * empty edit and the one behind it too, so that the picture comes late by the composition offset that the latter
 * takes back. So what an edit list says is said by the media's own times instead, which all players go by:
 *
 * - A wait (empty edits before the first one of media) is added to the decode times.
 * - Pictures get composition offsets that begin with 0, negative ones where pictures are reordered (the brand `cmf2`), and what
 *   the edit list took back of them is taken off it. Where nothing of the media is skipped by then no edit is left.
 *   Players that take the first picture's time without the edit list (hls.js does) are then right as well.
 * - What is left is an edit that skips media: the priming of sound, pictures before a cut.
 *
 * A list of several edits of media is more than CMAF can say; its waits are folded all the same.
 */
export interface OffsetEdit {
  /** What has to be added to each decode time, in ticks; may be negative. */
  readonly decodeShift: number
  /** What has to be taken off each composition offset, in ticks. */
  readonly offsetShift: number
  /** The edit list that is left. */
  readonly edits: readonly Mp4Edit[]
  /** What has to be added to the decode time of a key frame, once shifted, to get when it is presented, in ticks. */
  readonly presentationShift: number
}

/** The first sample of a track: in the track's ticks. */
export interface FirstSample {
  readonly decodeTime: number
  readonly compositionOffset: number
}

/**
 * What becomes of a track's edit list.
 *
 * @param first - the first sample of a track of pictures; sound has no composition offsets to begin with
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
  // The wait is now a part of the media, and the first edit shows it too.
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

/** Whether an edit goes on to the end, which is not known when a fragmented file begins. */
function isOpen({ segmentDuration }: Mp4Edit): boolean {
  return segmentDuration === 0
}

/**
 * A `moov` with these edit lists; `undefined` where they are what it has.
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

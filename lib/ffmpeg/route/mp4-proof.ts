import { BoxReader } from '../../mp4/boxes/box-reader.js'
import type { Box } from '../../mp4/boxes/box.js'
import { interleaveDistance } from '../../mp4/index/interleave-distance.js'
import { type Movie, parseMovie } from '../../mp4/movie/movie.js'
import { MiB } from '../../options.js'
import type { HeadWalk } from '../input/metadata-walk.js'
import { MAX_PROOF_BYTES, OTHER, type PipeProof, SAME, open } from './pipe-proof.js'

/**
 * Whether ffmpeg reads an MP4 or QuickTime file with its index first the same from a pipe: not if its tracks lie far
 * apart, and not if the index makes ffmpeg seek to a sample before it reads on, or back in the media.
 */

/**
 * How far apart the tracks may lie for the same moment, in bytes. On a pipe ffmpeg takes packets in file order, and its
 * muxer has to hold those of one track until the other's arrive: players tolerate about a second, some MiB at high bit
 * rates.
 */
const MAX_DISTANCE = 8 * MiB

/** @param walk - what is known from the shorter heads of earlier calls */
export function mp4Proof(head: Buffer, walk: HeadWalk): PipeProof {
  const end = walk.metadataEnd(head)
  const { moov, hasItems, hasFragment } = indexOf(end > 0 ? head.subarray(0, end) : head)
  if (hasItems) return OTHER
  if (end === 0) return hasFragment ? SAME : OTHER
  if (end > MAX_PROOF_BYTES) return OTHER
  if (end > head.length) return open(end)
  try {
    return moov === undefined ? OTHER : ofMovie(moov, parseMovie(moov))
  } catch {
    // Damaged, or not supported here: nothing is known about it.
    return OTHER
  }
}

function ofMovie(moov: Box, movie: Movie): PipeProof {
  const traks = moov.children.filter(({ type }) => type === 'trak')
  if (traks.some(trak => handlerOf(trak) === 'tmcd')) return because('has a timecode track')
  if (traks.some(hasChapters)) return because('has a chapter track')
  if (movie.tracks.some(({ edits }) => goesBack(edits.map(({ mediaTime }) => mediaTime)))) {
    return because('has an edit list that seeks back in the media')
  }
  if (interleaveDistance(moov, movie) > MAX_DISTANCE) return { kind: 'other', reason: 'far-apart' }
  return SAME
}

function because(what: string): PipeProof {
  return { kind: 'other', reason: 'container', what }
}

/** ISO/IEC 14496-12 §8.4.3. */
function handlerOf(trak: Box): string | undefined {
  const hdlr = trak.child('mdia')?.child('hdlr')
  return hdlr && hdlr.bytes.toString('latin1', hdlr.contentStart + 8, hdlr.contentStart + 12)
}

/** A track refers to a track with the titles of its chapters (QuickTime's `chap`): ffmpeg reads them at once. */
function hasChapters(trak: Box): boolean {
  return trak.child('tref')?.child('chap') !== undefined
}

/** Whether an edit shows a part of the media that precedes the part shown before; −1 is no media. */
function goesBack(mediaTimes: readonly number[]): boolean {
  const shown = mediaTimes.filter(time => time >= 0)
  return shown.some((time, n) => n > 0 && time <= shown[n - 1]!)
}

/** The index at the top level of `head`, and whether it has items (the images of a HEIF file) or a fragment. */
function indexOf(head: Buffer): { moov: Box | undefined; hasItems: boolean; hasFragment: boolean } {
  let moov: Box | undefined
  let hasItems = false
  let hasFragment = false
  const boxes = new BoxReader(
    {
      onBox: ({ type }) => {
        if (type === 'meta') hasItems = true
        if (type === 'moof') hasFragment = true
        return type === 'moov' && moov === undefined ? 'collect' : 'pass'
      },
      onCollected: box => (moov = box),
      onPassed: () => undefined,
    },
    MAX_PROOF_BYTES,
  )
  try {
    boxes.write(head)
  } catch {
    // ffmpeg reports a broken index.
  }
  return { moov, hasItems, hasFragment }
}

import { BoxRewrite } from '../boxes/box-rewrite.js'
import { Box } from '../boxes/box.js'
import type { Movie } from '../movie/movie.js'

const NOTHING = Buffer.alloc(0)

/**
 * A `moov` without some of its tracks: without their `trak`, and the `trex` with the defaults of their
 * fragments (ISO/IEC 14496-12 §8.8.3).
 *
 * @param moov - its bytes
 * @param movie - its parsed form; the edit lists of the remaining tracks may have changed since
 * @param ids - numbers of the tracks to remove
 */
export function withoutTracks(moov: Buffer, { tracks }: Movie, ids: ReadonlySet<number>): Buffer {
  const box = Box.topLevel(moov, 0, moov.length, 0, 0)
  const rewrite = new BoxRewrite(box)
  const traks = box.children.filter(({ type }) => type === 'trak')
  for (const [n, { id }] of tracks.entries()) if (ids.has(id)) rewrite.replace(traks[n]!, NOTHING)
  for (const trex of box.child('mvex')?.children ?? []) {
    // Version and flags come first.
    const isGone = trex.type === 'trex' && ids.has(trex.bytes.readUInt32BE(trex.contentStart + 4))
    if (isGone) rewrite.replace(trex, NOTHING)
  }
  return rewrite.bytes()
}

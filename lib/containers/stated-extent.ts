import { aiffExtent } from './extents/aiff-extent.js'
import { asfExtent } from './extents/asf-extent.js'
import { auExtent } from './extents/au-extent.js'
import { aviExtent } from './extents/avi-extent.js'
import { cafExtent } from './extents/caf-extent.js'
import { flacExtent } from './extents/flac-extent.js'
import { flvExtent } from './extents/flv-extent.js'
import { matroskaExtent } from './extents/matroska-extent.js'
import { mp4Extent } from './extents/mp4-extent.js'
import { oggExtent } from './extents/ogg-extent.js'
import { ttaExtent } from './extents/tta-extent.js'
import { w64Extent } from './extents/w64-extent.js'
import { SIGNATURES } from './extents/signature.js'
import type { Claim, Need, Piece, Walker } from './extents/walk.js'
import { wavExtent } from './extents/wav-extent.js'

/** A container, its signature, and its walk. */
export interface StatedExtent {
  /** Its common name. */
  readonly container: string
  readonly claim: Claim
}

interface Container {
  readonly name: string
  /** ffmpeg's names for its demuxer. */
  readonly demuxers: string
  /** Whether an input with these first bytes is one. */
  readonly begins: (head: Buffer) => boolean
  readonly walk: Walker
  /** Whether ffmpeg finds it after an ID3v2 tag: its offsets do not count from the start of the file. */
  readonly behindId3?: true
}

/** Bytes needed to detect a container. */
const HEAD = 16

const CONTAINERS: readonly Container[] = [
  {
    name: 'MP4',
    demuxers: 'mov,mp4,m4a,3gp,3g2,mj2',
    begins: SIGNATURES.mp4,
    walk: mp4Extent,
  },
  {
    name: 'Matroska',
    demuxers: 'matroska,webm',
    begins: SIGNATURES.matroska,
    walk: matroskaExtent,
  },
  { name: 'AVI', demuxers: 'avi', begins: SIGNATURES.avi, walk: aviExtent },
  {
    name: 'WAV',
    demuxers: 'wav',
    begins: head => SIGNATURES.wave(head) || SIGNATURES.longWave(head),
    walk: wavExtent,
    behindId3: true,
  },
  {
    name: 'W64',
    demuxers: 'w64',
    begins: SIGNATURES.w64,
    walk: w64Extent,
    behindId3: true,
  },
  {
    name: 'AIFF',
    demuxers: 'aiff',
    begins: SIGNATURES.aiff,
    walk: aiffExtent,
    behindId3: true,
  },
  {
    name: 'CAF',
    demuxers: 'caf',
    begins: SIGNATURES.caf,
    walk: cafExtent,
    behindId3: true,
  },
  { name: 'AU', demuxers: 'au', begins: SIGNATURES.au, walk: auExtent, behindId3: true },
  { name: 'ASF', demuxers: 'asf,asf_o', begins: SIGNATURES.asf, walk: asfExtent },
  {
    name: 'FLV',
    demuxers: 'flv,live_flv',
    begins: SIGNATURES.flv,
    walk: flvExtent,
  },
  {
    name: 'FLAC',
    demuxers: 'flac',
    begins: SIGNATURES.flac,
    walk: flacExtent,
    behindId3: true,
  },
  {
    name: 'TTA',
    demuxers: 'tta',
    begins: SIGNATURES.tta,
    walk: ttaExtent,
    behindId3: true,
  },
  {
    name: 'Ogg',
    demuxers: 'ogg',
    begins: SIGNATURES.ogg,
    walk: oggExtent,
    behindId3: true,
  },
]

/**
 * Detects an input's container and reads its stated extent; `undefined` if it states none or can't be judged (MPEG-TS,
 * MPEG-PS, ADTS, MP3, raw streams).
 *
 * @param demuxers - names of the demuxer forced with `-f`, if any: no other container is considered
 * @param size - length of the input, if known before its end
 */
export function* statedExtent(
  demuxers: string | undefined,
  size: number | undefined,
): Generator<Need, StatedExtent | undefined, Piece> {
  let from = 0
  for (;;) {
    const { bytes } = yield { at: from, length: HEAD }
    if (bytes.length < HEAD) return undefined
    if (from === 0 && SIGNATURES.id3(bytes)) {
      from = id3Length(bytes)
      continue
    }
    const found = CONTAINERS.find(({ begins, behindId3 }) => (from === 0 || behindId3) && begins(bytes))
    if (found === undefined || !isRead(found, demuxers)) return undefined
    const claim = yield* found.walk(from, size)
    return claim && { container: found.name, claim }
  }
}

function isRead(container: Container, demuxers: string | undefined): boolean {
  if (demuxers === undefined) return true
  const names = container.demuxers.split(',')
  return demuxers.split(',').some(name => names.includes(name))
}

/** ID3v2 §3.1: four bytes of seven bits; the size excludes the 10-byte header and the 10-byte footer. */
function id3Length(head: Buffer): number {
  const footer = (head[5]! & 0x10) === 0 ? 0 : 10
  return 10 + footer + [6, 7, 8, 9].reduce((size, at) => size * 128 + (head[at]! & 127), 0)
}

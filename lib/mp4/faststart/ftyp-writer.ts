import { fourCC } from '../boxes/box-header.js'
import { type Part, boxPart, bytesPart, numbersPart } from '../boxes/box-writer.js'
import type { Box } from '../boxes/box.js'

/** Brands of fragmented files and segments (https://mp4ra.org/registered-types/brands). */
const FRAGMENTED = /^(iso[5-9a-c]|dash|dsms|msdh|msix|sims|risx|ssss|lmsg|cmf.|hlsf|piff|ccff)$/

/** The brand of ordinary files with negative composition offsets. */
const SIGNED_OFFSETS = 'iso4'

/** The most brands kept: no file has so many. */
const MAX_BRANDS = 64

/**
 * The `ftyp` of an ordinary file.
 *
 * @param ftyp - that of the fragmented file; its brands are kept except those for fragments
 * @param hasSignedOffsets - whether the file contains a `ctts` of version 1
 */
export function fileTypePart(ftyp: Box | undefined, hasSignedOffsets: boolean): Part {
  const given = ftyp ? brands(ftyp) : []
  const major = given[0] === undefined || FRAGMENTED.test(given[0]) ? 'isom' : given[0]
  const minor = ftyp && major === given[0] ? ftyp.u32(4) : 0x200
  const kept = given.filter(brand => !FRAGMENTED.test(brand))
  const added = [...(major === 'isom' ? ['isom', 'iso2'] : []), ...(hasSignedOffsets ? [SIGNED_OFFSETS] : [])]
  const all = [...new Set([...added, ...kept])]
  return boxPart('ftyp', [
    bytesPart(Buffer.from(major, 'latin1')),
    numbersPart(minor),
    bytesPart(Buffer.from((all.length > 0 ? all : ['isom']).join(''), 'latin1')),
  ])
}

/** The major brand, then the compatible ones. */
function brands(ftyp: Box): string[] {
  ftyp.needLength(8)
  const list = [ftyp.type4(0)]
  const { content } = ftyp
  for (let at = 8; at + 4 <= content.length && list.length < MAX_BRANDS; at += 4)
    list.push(fourCC(content, at))
  return list.filter(brand => brand !== '\0\0\0\0')
}

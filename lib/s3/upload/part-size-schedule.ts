import { GiB, MiB } from '../../options.js'

/**
 * The size of each part of an upload.
 *
 * S3 accepts 10,000 parts of 5 MiB to 5 GiB each; the last one may have any size
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). Equal parts of 8 MiB would end at 78 GiB, and a
 * stream's length is not known in advance: so parts have to grow, late enough that ordinary objects do not pay for it
 * in memory or speed, and early enough that 10,000 of them suffice. By part number:
 *
 * - 1 to 2,000: `partSize`, with `concurrency` of them in flight.
 * - 2,001 to 5,500: within the memory of the first ones, (concurrency + 1) × `partSize`. Concurrency falls to 1 in
 *   equal steps; a part is as large as memory then allows (40 MiB: 5 × 8, 4 × 10, 3 × 13, 2 × 20).
 * - from 5,501: doubling every 400 parts, up to 5 GiB; one is sent while the next is filled, so memory holds two.
 *
 * With the defaults memory stays at 40 MiB up to an object of 64 GiB, and the largest object is 9 TiB. The smallest
 * part size and concurrency, 5 MiB and 1, still reach 5 TiB.
 */

/** The smallest part that S3 accepts, except for the last one, in bytes. */
export const MIN_PART_SIZE = 5 * MiB

/** The largest part that S3 accepts, in bytes; also the largest body of a single PutObject. */
export const MAX_PART_SIZE = 5 * GiB

/** Maximum number of parts of an upload, numbered from 1. */
export const MAX_PARTS = 10_000

/** The last part sent with full concurrency. */
const LAST_EQUAL = 2000

/** The last part within the memory of the first ones. */
const LAST_WITHIN_MEMORY = 5500

/** After that, a part doubles in size after this many parts. */
const DOUBLING = 400

/** Settings for the size of parts, and the number in flight. */
export interface PartSizeSchedule {
  /** The size of the first parts, in bytes. */
  readonly partSize: number
  /** Whether parts grow with the object. */
  readonly partGrowth: boolean
  /** Number of parts in flight while they have their first size. */
  readonly concurrency: number
}

/** The size of part `partNumber` (from 1), in bytes. */
export function partSizeAt(partNumber: number, sizes: PartSizeSchedule): number {
  if (!sizes.partGrowth || partNumber <= LAST_EQUAL) return sizes.partSize
  if (partNumber <= LAST_WITHIN_MEMORY) return sizeWithinMemory(partNumber, sizes)
  const doublings = (partNumber - LAST_WITHIN_MEMORY) / DOUBLING
  const size = sizeWithinMemory(LAST_WITHIN_MEMORY, sizes) * 2 ** doublings
  return Math.min(MAX_PART_SIZE, Math.ceil(size / MiB) * MiB)
}

function sizeWithinMemory(partNumber: number, { partSize, concurrency }: PartSizeSchedule): number {
  const way = (partNumber - LAST_EQUAL) / (LAST_WITHIN_MEMORY - LAST_EQUAL)
  const fallen = concurrency - Math.ceil(way * (concurrency - 1))
  const size = ((concurrency + 1) * partSize) / (fallen + 1)
  return Math.min(MAX_PART_SIZE, Math.max(partSize, Math.floor(size / MiB) * MiB))
}

/** The longest header that fits below the largest part, in bytes: the index of some weeks of video. */
const MAX_HEAD_SIZE = GiB

/**
 * Number of stream bytes held back for part 1, if a header goes in front of them at the end.
 *
 * @param headerReserve - the length of the header, so that part 1 is as large as the others; `undefined` if its length
 * is free, and part 1 may be longer
 */
export function heldSize({ partSize }: PartSizeSchedule, headerReserve: number | undefined): number {
  if (headerReserve !== undefined) return partSize - headerReserve
  return Math.min(partSize, MAX_PART_SIZE - MAX_HEAD_SIZE)
}

/** Number of parts that may be in flight while one of `size` bytes is being filled. */
export function concurrencyAt(size: number, { partSize, concurrency }: PartSizeSchedule): number {
  const affordable = Math.floor(((concurrency + 1) * partSize) / size) - 1
  return Math.min(concurrency, Math.max(1, affordable))
}

/** The largest object that fits into 10,000 parts, in bytes. */
export function maxObjectSize(sizes: PartSizeSchedule): number {
  let size = 0
  for (let partNumber = 1; partNumber <= MAX_PARTS; partNumber++) size += partSizeAt(partNumber, sizes)
  return size
}

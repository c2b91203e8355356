import {
  GetObjectAttributesCommand,
  type GetObjectAttributesCommandInput,
  HeadObjectCommand,
  type HeadObjectCommandInput,
} from '@aws-sdk/client-s3'
import { sameEtag } from './etag.js'
import type { S3ObjectInfo } from '../read/version-pin.js'
import type { S3Command } from '../request/send-once.js'

/** The object whose part sizes are wanted. */
export interface PartQuestion {
  /** Location, version and keys, as in every request. */
  readonly input: HeadObjectCommandInput
  readonly info: S3ObjectInfo
  /** Number of parts of the object. */
  readonly count: number
  /** Sends a command, with retries. */
  readonly send: <Output>(make: () => S3Command<Output>) => Promise<Output>
}

/** S3's own limit. */
const MAX_PARTS = 10_000

/** Number of parts requested at a time. */
const AT_A_TIME = 8

/**
 * The length of each part of an object, in bytes, in order; `undefined` if the store does not report the lengths, or
 * they don't add up.
 *
 * GetObjectAttributes lists a thousand at a time, but needs a permission of its own, and S3 has no list for parts
 * stored without checksums. A HEAD for each part also works, and needs no more than permission to read.
 */
export async function partSizes(question: PartQuestion): Promise<readonly number[] | undefined> {
  const { count, info } = question
  if (!(count >= 1 && count <= MAX_PARTS)) return undefined
  const isWhole = (sizes: readonly number[] | undefined) =>
    sizes?.length === count && sizes.reduce((sum, size) => sum + size, 0) === info.size
  const listed = await listedSizes(question).catch(() => undefined)
  if (isWhole(listed)) return listed
  const asked = await askedSizes(question)
  return isWhole(asked) ? asked : undefined
}

async function listedSizes({ input, info, send }: PartQuestion): Promise<number[] | undefined> {
  // The operation supports no conditions: check the version in the response.
  const rest = { ...input, IfMatch: undefined }
  const sizes: number[] = []
  for (let marker: string | undefined; ;) {
    const page: GetObjectAttributesCommandInput = {
      ...rest,
      ObjectAttributes: ['ETag', 'ObjectParts', 'ObjectSize'],
      ...(marker === undefined ? {} : { PartNumberMarker: marker }),
    }
    const answer = await send(() => new GetObjectAttributesCommand(page))
    if (answer.ObjectSize !== info.size || !sameEtag(answer.ETag, info.etag)) return undefined
    const {
      Parts: parts = [],
      IsTruncated: isTruncated,
      NextPartNumberMarker: next,
    } = answer.ObjectParts ?? {}
    sizes.push(...parts.map(part => part.Size ?? NaN))
    if (isTruncated !== true) return sizes
    if (parts.length === 0 || next === undefined || next === marker || sizes.length > MAX_PARTS)
      return undefined
    marker = next
  }
}

async function askedSizes({ input, info, count, send }: PartQuestion): Promise<number[] | undefined> {
  const ask = async (partNumber: number) => {
    const answer = await send(() => new HeadObjectCommand({ ...input, PartNumber: partNumber }))
    // A store that does not support part numbers responds with the whole object.
    const isPart = answer.PartsCount === count && sameEtag(answer.ETag, info.etag)
    return isPart ? answer.ContentLength : undefined
  }
  const sizes: number[] = []
  while (sizes.length < count) {
    // Request the first one alone: if the store does not report it, there are no further requests.
    const next = Math.min(sizes.length === 0 ? 1 : AT_A_TIME, count - sizes.length)
    const asked = await Promise.all(Array.from({ length: next }, (_, n) => ask(sizes.length + n + 1)))
    for (const size of asked) {
      if (size === undefined) return undefined
      sizes.push(size)
    }
  }
  return sizes
}

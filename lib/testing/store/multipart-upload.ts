import { createHash } from 'node:crypto'
import {
  type Checksum,
  type ChecksumAlgorithm,
  type ChecksumType,
  combineChecksums,
} from '../wire/checksum.js'
import { type Content, JoinedContent } from './content.js'
import { ServiceError } from '../wire/service-error.js'
import type { ObjectPart, ObjectProperties } from './stored-object.js'

/** The highest part number. */
export const MAX_PART_NUMBER = 10_000

/** A stored part. */
export interface UploadedPart {
  /** From 1 to 10,000. */
  readonly partNumber: number
  readonly content: Content
  /** With its quotes. */
  readonly etag: string
  /** Base64, of the upload's algorithm or otherwise of the part's own. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined
  readonly lastModified: Date
}

/** A part as listed in CompleteMultipartUpload. */
export interface NamedPart {
  readonly partNumber: number
  readonly etag: string
  /** Base64, by algorithm. */
  readonly checksums: ReadonlyMap<ChecksumAlgorithm, string>
}

/** The result of joining an upload's parts. */
export interface JoinedParts {
  readonly content: Content
  readonly etag: string
  readonly checksum: Checksum | undefined
  readonly parts: readonly ObjectPart[]
}

/** The properties of a new upload. */
export interface UploadOptions {
  readonly uploadId: string
  readonly key: string
  readonly properties: ObjectProperties
  readonly algorithm: ChecksumAlgorithm | undefined
  readonly checksumType: ChecksumType | undefined
  readonly initiated: Date
}

function bare(etag: string): string {
  return etag.replaceAll('"', '').trim()
}

/** A multipart upload in progress. */
export class MultipartUpload implements UploadOptions {
  readonly uploadId: string
  readonly key: string
  readonly properties: ObjectProperties
  readonly algorithm: ChecksumAlgorithm | undefined
  readonly checksumType: ChecksumType | undefined
  readonly initiated: Date
  readonly #parts = new Map<number, UploadedPart>()

  constructor(options: UploadOptions) {
    this.uploadId = options.uploadId
    this.key = options.key
    this.properties = options.properties
    this.algorithm = options.algorithm
    this.checksumType = options.checksumType
    this.initiated = options.initiated
  }

  /** The parts, by number. */
  get parts(): UploadedPart[] {
    return [...this.#parts.values()].sort((a, b) => a.partNumber - b.partNumber)
  }

  /** Stores a part; replaces one with the same number. */
  store(part: UploadedPart): void {
    this.#parts.get(part.partNumber)?.content.release()
    this.#parts.set(part.partNumber, part)
  }

  /** Releases all parts, except those that became part of an object. */
  release(kept: readonly UploadedPart[] = []): void {
    for (const part of this.#parts.values()) {
      if (!kept.includes(part)) part.content.release()
    }
    this.#parts.clear()
  }

  /**
   * The parts named in a Complete, checked: `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall` (all except the last
   * must be at least `minPartSize` bytes long).
   */
  select(named: readonly NamedPart[], minPartSize: number): UploadedPart[] {
    if (named.length === 0 || named.length > MAX_PART_NUMBER) throw new ServiceError('MalformedXML')
    if (named.some((part, i) => i > 0 && part.partNumber <= named[i - 1]!.partNumber)) {
      throw new ServiceError('InvalidPartOrder')
    }
    const parts = named.map(name => this.#find(name))
    const small = parts.slice(0, -1).find(part => part.content.size < minPartSize)
    if (small) {
      throw new ServiceError('EntityTooSmall', {
        fields: {
          ProposedSize: small.content.size,
          MinSizeAllowed: minPartSize,
          PartNumber: small.partNumber,
          ETag: bare(small.etag),
        },
      })
    }
    return parts
  }

  /** The result of joining `parts`. */
  join(parts: readonly UploadedPart[]): JoinedParts {
    const digests = parts.map(part => Buffer.from(bare(part.etag), 'hex'))
    const md5 = createHash('md5').update(Buffer.concat(digests)).digest('hex')
    return {
      content: new JoinedContent(parts.map(part => part.content)),
      etag: `"${md5}-${parts.length}"`,
      checksum: this.#joinChecksums(parts),
      parts: parts.map(({ partNumber, content, checksum }) => ({
        partNumber,
        size: content.size,
        ...(checksum && { checksum }),
      })),
    }
  }

  #find(name: NamedPart): UploadedPart {
    const part = this.#parts.get(name.partNumber)
    const given = part?.checksum && name.checksums.get(part.checksum.algorithm)
    if (this.checksumType === 'COMPOSITE' && this.algorithm && !name.checksums.has(this.algorithm)) {
      throw new ServiceError('InvalidRequest', {
        message:
          `The upload was created using a ${this.algorithm.toLowerCase()} checksum. The complete request must ` +
          `include the checksum for each part. It was missing for part ${name.partNumber} in the request.`,
      })
    }
    const isWrong = given !== undefined && given !== part?.checksum?.value
    if (part && bare(part.etag) === bare(name.etag) && !isWrong) return part
    throw new ServiceError('InvalidPart', {
      fields: { UploadId: this.uploadId, PartNumber: name.partNumber, ETag: bare(name.etag) },
    })
  }

  #joinChecksums(parts: readonly UploadedPart[]): Checksum | undefined {
    const { algorithm, checksumType } = this
    if (algorithm === undefined || checksumType === undefined) return undefined
    const values = parts.map(part => ({ value: part.checksum?.value ?? '', size: part.content.size }))
    return combineChecksums(algorithm, checksumType, values)
  }
}

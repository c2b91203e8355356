import { CRC_KINDS, combineCrc } from '../../io/checksums/crc.js'
import { createDigest } from '../../io/checksums/digest.js'
import { ServiceError } from './service-error.js'

/**
 * S3's additional checksums.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */

/** An algorithm, as in `x-amz-checksum-algorithm`. */
export type ChecksumAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256'

/** All algorithms. */
export const CHECKSUM_ALGORITHMS: readonly ChecksumAlgorithm[] = [
  'CRC32',
  'CRC32C',
  'CRC64NVME',
  'SHA1',
  'SHA256',
]

/** Whether a multipart object's checksum covers its bytes, or its parts' checksums. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE'

/** A checksum as S3 stores and returns it. */
export interface Checksum {
  /** The algorithm. */
  readonly algorithm: ChecksumAlgorithm
  /** What it covers. */
  readonly type: ChecksumType
  /** Base64; a composite checksum ends in `-` and the number of parts. */
  readonly value: string
}

/** The header or trailer that carries a checksum. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`
}

/** The element that carries a checksum in XML. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm}`
}

/** The algorithm of a header or trailer called `name`. */
export function algorithmOfHeader(name: string): ChecksumAlgorithm | undefined {
  return CHECKSUM_ALGORITHMS.find(algorithm => checksumHeader(algorithm) === name)
}

/** Parses `x-amz-checksum-algorithm`; `InvalidRequest` for an unknown one. */
export function parseAlgorithm(value: string | undefined): ChecksumAlgorithm | undefined {
  if (value === undefined) return undefined
  const algorithm = CHECKSUM_ALGORITHMS.find(known => known === value.toUpperCase())
  if (algorithm) return algorithm
  throw new ServiceError('InvalidRequest', { message: 'Checksum algorithm provided is unsupported.' })
}

function bytesOf(value: bigint, bits: number): Buffer {
  return Buffer.from(value.toString(16).padStart(bits / 4, '0'), 'hex')
}

/** The checksum of `bytes`, in Base64. */
export function checksumOf(algorithm: ChecksumAlgorithm, bytes: Buffer): string {
  const state = createDigest(algorithm)
  state.update(bytes)
  return state.digest().toString('base64')
}

/** Whether `value` is Base64 of the right number of bytes for the algorithm. */
export function isChecksum(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, 'base64')
  return bytes.toString('base64') === value && bytes.length === createDigest(algorithm).digest().length
}

/** The default type of a multipart upload. */
export function defaultType(algorithm: ChecksumAlgorithm): ChecksumType {
  return algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE'
}

/** Checks that an algorithm supports a type: only CRCs combine, and CRC64NVME does nothing else. */
export function checkType(algorithm: ChecksumAlgorithm, type: ChecksumType): void {
  const allowed = algorithm === 'CRC64NVME' ? ['FULL_OBJECT'] : algorithm in CRC_KINDS ? [] : ['COMPOSITE']
  if (allowed.length === 0 || allowed.includes(type)) return
  throw new ServiceError('InvalidRequest', {
    message: `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
  })
}

/** A part's checksum and size. */
export interface PartChecksum {
  /** Base64. */
  readonly value: string
  /** Bytes. */
  readonly size: number
}

/** The checksum of a multipart object, computed from those of its parts, in order. */
export function combineChecksums(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly PartChecksum[],
): Checksum {
  checkType(algorithm, type)
  if (type === 'COMPOSITE') {
    const all = Buffer.concat(parts.map(part => Buffer.from(part.value, 'base64')))
    return { algorithm, type, value: `${checksumOf(algorithm, all)}-${parts.length}` }
  }
  const kind = CRC_KINDS[algorithm as keyof typeof CRC_KINDS]
  const crc = parts.reduce((before, part) => {
    const own = BigInt(`0x${Buffer.from(part.value, 'base64').toString('hex')}`)
    return combineCrc(kind, before, own, part.size)
  }, 0n)
  return { algorithm, type, value: bytesOf(crc, kind.bits).toString('base64') }
}

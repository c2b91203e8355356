import { createHash } from 'node:crypto'
import { crc32, crc32c, crc64nvme } from './crc.js'

/** Digests a store may use: S3's additional checksums, and the MD5 of an ETag. */
export type DigestAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256' | 'MD5'

/** A running digest. */
export interface Digest {
  update(bytes: Buffer): void
  /** The raw digest, most significant byte first; call it once. */
  digest(): Buffer
}

/** Starts a digest. */
export function createDigest(algorithm: DigestAlgorithm): Digest {
  switch (algorithm) {
    case 'CRC32':
      return crcDigest(0, crc32, 32)
    case 'CRC32C':
      return crcDigest(0, crc32c, 32)
    case 'CRC64NVME':
      return crcDigest(0n, crc64nvme, 64)
    default:
      return createHash(algorithm.toLowerCase())
  }
}

function crcDigest<N extends number | bigint>(
  zero: N,
  step: (bytes: Buffer, crc: N) => N,
  bits: number,
): Digest {
  let crc = zero
  return {
    update: bytes => {
      crc = step(bytes, crc)
    },
    digest: () => Buffer.from(crc.toString(16).padStart(bits / 4, '0'), 'hex'),
  }
}

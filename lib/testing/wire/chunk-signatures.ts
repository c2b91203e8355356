import { createHash, type Hash } from 'node:crypto'
import { ServiceError } from './service-error.js'
import { hmac, sameSignature, type SigningSeed } from './sigv4.js'

const EMPTY_SHA256 = createHash('sha256').digest('hex')

/**
 * The chain of signatures in a signed `aws-chunked` body: each covers the chunk's bytes and the previous signature, the
 * first one the request's own.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export class ChunkSignatures {
  readonly #seed: SigningSeed
  #previous: string
  #hash: Hash = createHash('sha256')

  constructor(seed: SigningSeed) {
    this.#seed = seed
    this.#previous = seed.signature
  }

  /** Adds bytes to the current chunk. */
  update(bytes: Buffer): void {
    this.#hash.update(bytes)
  }

  /** Ends a chunk; `SignatureDoesNotMatch` if its signature differs from the given one. */
  endChunk(signature: string | undefined): void {
    this.#check('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY_SHA256, this.#hash.digest('hex')], signature)
    this.#hash = createHash('sha256')
  }

  /** Ends the body: `lines` are the trailers as `name:value\n`, without their own signature. */
  endTrailer(lines: string, signature: string | undefined): void {
    const hash = createHash('sha256').update(lines, 'latin1').digest('hex')
    this.#check('AWS4-HMAC-SHA256-TRAILER', [hash], signature)
  }

  #check(kind: string, hashes: readonly string[], signature = ''): void {
    const { key, date, scope } = this.#seed
    const expected = hmac(key, [kind, date, scope, this.#previous, ...hashes].join('\n')).toString('hex')
    if (!sameSignature(expected, signature)) throw new ServiceError('SignatureDoesNotMatch')
    this.#previous = expected
  }
}

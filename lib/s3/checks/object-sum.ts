import { createDigest, type Digest, type DigestAlgorithm } from '../../io/checksums/digest.js'

/** The checksum that a store keeps of an object's bytes. */
export interface StoredSum {
  readonly algorithm: DigestAlgorithm
  /** As the store writes it: Base64, or hex for an MD5; without the number of parts. */
  readonly value: string
  /** For a checksum of part checksums: the length of each part, in bytes. */
  readonly partSizes?: readonly number[] | undefined
}

/**
 * Computes the checksum of an object's bytes in order: of all of them, or of each part and then of the part checksums.
 */
export class ObjectSum {
  readonly #algorithm: DigestAlgorithm
  readonly #sizes: Iterator<number> | undefined
  #digest: Digest
  /** The checksum of checksums. */
  readonly #parts: Digest | undefined
  /** Bytes still missing from the part. */
  #rest = Infinity

  constructor({ algorithm, partSizes }: Omit<StoredSum, 'value'>) {
    this.#algorithm = algorithm
    this.#digest = createDigest(algorithm)
    if (partSizes === undefined) return
    this.#parts = createDigest(algorithm)
    this.#sizes = partSizes[Symbol.iterator]()
    this.#rest = this.#next()
  }

  /** Adds the next bytes. */
  add(bytes: Buffer): void {
    let rest = bytes
    while (rest.length >= this.#rest) {
      this.#digest.update(rest.subarray(0, this.#rest))
      rest = rest.subarray(this.#rest)
      this.#parts!.update(this.#digest.digest())
      this.#digest = createDigest(this.#algorithm)
      this.#rest = this.#next()
    }
    this.#digest.update(rest)
    this.#rest -= rest.length
  }

  /** The checksum, in the store's notation. Call it once, after the last byte. */
  value(): string {
    return (this.#parts ?? this.#digest).digest().toString(this.#algorithm === 'MD5' ? 'hex' : 'base64')
  }

  /** The length of the next part; there are no bytes after the last part. */
  #next(): number {
    const { done, value } = this.#sizes!.next() as IteratorResult<number, undefined>
    return done === true ? Infinity : value
  }
}

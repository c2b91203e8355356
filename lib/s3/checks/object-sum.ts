import { createDigest, type Digest, type DigestAlgorithm } from '../../io/checksums/digest.js'

/** What a store keeps of the bytes of an object. */
export interface StoredSum {
  readonly algorithm: DigestAlgorithm
  /** As the store writes it: Base64, of an MD5 hex; without the number of parts. */
  readonly value: string
  /** Where it is a sum of the sums of parts: how long each is, in bytes. */
  readonly partSizes?: readonly number[] | undefined
}

/** Sums the bytes of an object as they pass in order: all of them, or each part, and then the sums of the parts. */
export class ObjectSum {
  readonly #algorithm: DigestAlgorithm
  readonly #sizes: Iterator<number> | undefined
  #digest: Digest
  /** The sum of sums. */
  readonly #parts: Digest | undefined
  /** Bytes that the part still lacks. */
  #rest = Infinity

  constructor({ algorithm, partSizes }: Omit<StoredSum, 'value'>) {
    this.#algorithm = algorithm
    this.#digest = createDigest(algorithm)
    if (partSizes === undefined) return
    this.#parts = createDigest(algorithm)
    this.#sizes = partSizes[Symbol.iterator]()
    this.#rest = this.#next()
  }

  /** The next bytes. */
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

  /** What they sum up to, in the store's own writing. Call it once, behind the last byte. */
  value(): string {
    return (this.#parts ?? this.#digest).digest().toString(this.#algorithm === 'MD5' ? 'hex' : 'base64')
  }

  /** The length of the next part; behind the last, no byte is one of a part. */
  #next(): number {
    const { done, value } = this.#sizes!.next() as IteratorResult<number, undefined>
    return done === true ? Infinity : value
  }
}

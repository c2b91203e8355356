import { S3Error } from '../../errors.js'
import type { DigestAlgorithm } from '../../io/checksums/digest.js'
import type { S3ObjectInfo } from '../read/version-pin.js'
import { ObjectSum, type StoredSum } from './object-sum.js'
import { formatS3Uri } from '../request/s3-location.js'

/** Asks the store for what it keeps of the whole object; resolves with `undefined` where there is none to be had. */
export type AskSum = (signal: AbortSignal) => Promise<StoredSum | undefined>

/** By what a read was checked; all bytes were those that the store keeps this of. */
export interface S3Verification {
  /** How they were summed. */
  readonly algorithm: DigestAlgorithm
  /** Whether it is a sum of the whole object, or of the sums of its parts. */
  readonly of: 'object' | 'parts'
}

/** How {@link WholeCheck} goes about it. */
export interface WholeCheckOptions {
  /**
   * The algorithm that is summed with from the first byte on, while the store is asked. Without one, no byte may pass
   * before the answer has come, which says how to sum.
   */
  readonly algorithm?: DigestAlgorithm | undefined
  /** How long {@link WholeCheck.verdict} waits for the answer, in milliseconds. */
  readonly patience?: number | undefined
}

/** How much longer than the bytes themselves the answer may take, in milliseconds. */
const PATIENCE = 10_000

/**
 * Holds the bytes of a whole object, as they pass in order, against what the store keeps of them. Once the store has
 * said that it has nothing, nothing is summed any more.
 */
export class WholeCheck {
  readonly #ask: AskSum
  readonly #abort = new AbortController()
  readonly #patience: number
  #asked: Promise<StoredSum | undefined> | undefined
  #sum: ObjectSum | undefined
  #isReady: boolean
  #verified: S3Verification | undefined

  constructor(ask: AskSum, { algorithm, patience = PATIENCE }: WholeCheckOptions = {}) {
    this.#ask = ask
    this.#patience = patience
    this.#sum = algorithm && new ObjectSum({ algorithm })
    this.#isReady = algorithm !== undefined
  }

  /** Whether bytes may pass. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** By what all bytes were found to be right; `undefined` before, and where nothing could be told. */
  get verified(): S3Verification | undefined {
    return this.#verified
  }

  /**
   * Asks the store.
   *
   * @param onReady - called when bytes may pass that had to wait
   */
  begin(onReady: () => void = () => undefined): void {
    this.#asked ??= this.#ask(this.#abort.signal).then(expected => {
      if (expected === undefined) this.#sum = undefined
      else this.#sum ??= new ObjectSum(expected)
      if (this.#isReady) return expected
      this.#isReady = true
      onReady()
      return expected
    })
  }

  /** The next bytes have passed. */
  add(chunk: Buffer): void {
    this.#sum?.add(chunk)
  }

  /**
   * What is wrong, once all bytes have passed; `undefined` where nothing is, or nothing can be told, be it for lack of
   * an answer. It never rejects.
   */
  async verdict(info: S3ObjectInfo): Promise<S3Error | undefined> {
    const expected = await this.#answer()
    const found = this.#sum?.value()
    if (expected === undefined || found === undefined) return undefined
    const { algorithm, value, partSizes } = expected
    if (found === value) {
      this.#verified = { algorithm, of: partSizes === undefined ? 'object' : 'parts' }
      return undefined
    }
    const { bucket, key, versionId } = info
    const of = partSizes === undefined ? '' : `, taken of the sums of its ${partSizes.length} parts,`
    const doubt = algorithm === 'MD5' ? " (Where its ETags are no MD5, read with verify: 'auto'.)" : ''
    return new S3Error(
      'AVIO_ERR_CHECKSUM_MISMATCH',
      `The bytes that were read from ${formatS3Uri(info)} have the ${NAMES[algorithm]}${of} ${found}, and the store keeps ` +
        `${value} of them: they were damaged on the way, or in the store. Read the object again; if that ends the same, ` +
        `it is the object that is damaged.${doubt}`,
      { bucket, key, versionId, operation: 'GetObject' },
    )
  }

  async #answer(): Promise<StoredSum | undefined> {
    const late = setTimeout(() => this.#abort.abort(), this.#patience)
    try {
      return await this.#asked
    } finally {
      clearTimeout(late)
    }
  }

  /** Gives the question up; resolves when it has settled. */
  async cancel(): Promise<void> {
    this.#abort.abort()
    await this.#asked
  }
}

const NAMES: Readonly<Record<DigestAlgorithm, string>> = {
  CRC32: 'CRC-32',
  CRC32C: 'CRC-32C',
  CRC64NVME: 'CRC-64/NVME',
  SHA1: 'SHA-1',
  SHA256: 'SHA-256',
  MD5: 'MD5',
}

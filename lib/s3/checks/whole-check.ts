import { S3Error } from '../../errors.js'
import type { DigestAlgorithm } from '../../io/checksums/digest.js'
import type { S3ObjectInfo } from '../read/version-pin.js'
import { ObjectSum, type StoredSum } from './object-sum.js'
import { formatS3Uri } from '../request/s3-location.js'

/** Requests the store's checksum of the whole object; resolves with `undefined` if none is available. */
export type AskSum = (signal: AbortSignal) => Promise<StoredSum | undefined>

/** The checksum that a read was checked against; all bytes matched it. */
export interface S3Verification {
  /** The algorithm. */
  readonly algorithm: DigestAlgorithm
  /** Whether it covers the whole object, or is a checksum of part checksums. */
  readonly of: 'object' | 'parts'
}

/** Settings of {@link WholeCheck}. */
export interface WholeCheckOptions {
  /**
   * The algorithm to compute from the first byte on, while the request to the store is pending. Without it, no byte may
   * pass before the response arrives and says which one to use.
   */
  readonly algorithm?: DigestAlgorithm | undefined
  /** How long {@link WholeCheck.verdict} waits for the response, in milliseconds. */
  readonly patience?: number | undefined
}

/** How much longer than the bytes themselves the response may take, in milliseconds. */
const PATIENCE = 10_000

/**
 * Compares the bytes of a whole object, as they pass in order, with the checksum that the store keeps. Once the store
 * reports that it has none, the computation stops.
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

  /** The checksum that all bytes matched; `undefined` before the end, and if no check was possible. */
  get verified(): S3Verification | undefined {
    return this.#verified
  }

  /**
   * Sends the request to the store.
   *
   * @param onReady - called when bytes that had to wait may pass
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

  /** Adds the next bytes. */
  add(chunk: Buffer): void {
    this.#sum?.add(chunk)
  }

  /**
   * The error, once all bytes have passed; `undefined` if they match, or no check is possible, for example without a
   * response. Never rejects.
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
    const of = partSizes === undefined ? '' : `, computed from its ${partSizes.length} part checksums,`
    const doubt =
      algorithm === 'MD5' ? " (If this store's ETags are not MD5s, read with verify: 'auto'.)" : ''
    return new S3Error(
      'AVIO_ERR_CHECKSUM_MISMATCH',
      `The bytes read from ${formatS3Uri(info)} have the ${NAMES[algorithm]}${of} ${found}, but the store has ` +
        `${value}. They were damaged in transit or in the store. Read the object again; if the error repeats, ` +
        `the stored object is damaged.${doubt}`,
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

  /** Cancels the request; resolves when it has settled. */
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

import { createHash, randomBytes, type Hash } from 'node:crypto'
import { createDigest, type Digest } from '../../io/checksums/digest.js'
import type { ChecksumAlgorithm } from '../wire/checksum.js'
import type { Content, ContentStore, ContentWriter } from '../store/content.js'

/** What an intake computes besides storing the bytes. */
export interface IntakeOptions {
  /** Whether the entity tag is the bytes' MD5, or random as with KMS encryption. */
  readonly etag: 'md5' | 'opaque'
  /** An additional checksum. */
  readonly algorithm?: ChecksumAlgorithm | undefined
  /** Compute the MD5 even if it is not the entity tag. */
  readonly md5?: boolean
}

/** The stored bytes and their checksums. */
export interface Taken {
  readonly content: Content
  /** With its quotes. */
  readonly etag: string
  /** Base64; absent unless requested. */
  readonly md5: string | undefined
  /** Absent without an algorithm. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined
}

/** Writes bytes into a content store and computes their entity tag and checksum along the way. */
export class Intake {
  /** Bytes written so far. */
  size = 0
  readonly #writer: ContentWriter
  readonly #options: IntakeOptions
  readonly #md5: Hash | undefined
  readonly #checksum: Digest | undefined

  constructor(store: ContentStore, options: IntakeOptions) {
    this.#writer = store.create()
    this.#options = options
    this.#md5 = options.etag === 'md5' || options.md5 === true ? createHash('md5') : undefined
    this.#checksum = options.algorithm && createDigest(options.algorithm)
  }

  /** Writes the next bytes; if it returns a promise, wait for it. */
  write(bytes: Buffer): Promise<void> | undefined {
    this.size += bytes.length
    this.#md5?.update(bytes)
    this.#checksum?.update(bytes)
    return this.#writer.write(bytes)
  }

  /** Ends the content. */
  async finish(): Promise<Taken> {
    const content = await this.#writer.finish()
    const md5 = this.#md5?.digest()
    const tag = this.#options.etag === 'md5' && md5 ? md5 : randomBytes(16)
    const { algorithm } = this.#options
    return {
      content,
      etag: `"${tag.toString('hex')}"`,
      md5: md5?.toString('base64'),
      checksum: algorithm && { algorithm, value: this.#checksum!.digest().toString('base64') },
    }
  }

  /** Abandons the content and leaves nothing behind. */
  async discard(): Promise<void> {
    await this.#writer.discard()
  }
}

/** Copies the bytes of `source` from `start` to `end`, sharing memory if the store allows it. */
export async function takeContent(
  store: ContentStore,
  options: IntakeOptions,
  source: Content,
  start = 0,
  end = source.size,
): Promise<Taken> {
  const letGo = source.hold()
  const intake = new Intake(store, options)
  try {
    for await (const chunk of source.read(start, end)) await intake.write(chunk)
    return await intake.finish()
  } catch (error) {
    await intake.discard()
    throw error
  } finally {
    letGo()
  }
}

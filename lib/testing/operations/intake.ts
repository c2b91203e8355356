import { createHash, randomBytes, type Hash } from 'node:crypto'
import { createDigest, type Digest } from '../../io/checksums/digest.js'
import type { ChecksumAlgorithm } from '../wire/checksum.js'
import type { Content, ContentStore, ContentWriter } from '../store/content.js'

/** What an intake works out beside keeping the bytes. */
export interface IntakeOptions {
  /** Whether the entity tag is the bytes' MD5, or random as with encryption by KMS. */
  readonly etag: 'md5' | 'opaque'
  /** An additional checksum. */
  readonly algorithm?: ChecksumAlgorithm | undefined
  /** The MD5 is wanted even where the entity tag is not one. */
  readonly md5?: boolean
}

/** What was taken in. */
export interface Taken {
  readonly content: Content
  /** With its quotes. */
  readonly etag: string
  /** Base64; absent where it was not asked for. */
  readonly md5: string | undefined
  /** Absent where no algorithm was given. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined
}

/** Takes bytes into a content store and computes their entity tag and checksum on the way. */
export class Intake {
  /** Bytes taken so far. */
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

  /** Takes the next bytes; a promise asks to be waited for. */
  write(bytes: Buffer): Promise<void> | undefined {
    this.size += bytes.length
    this.#md5?.update(bytes)
    this.#checksum?.update(bytes)
    return this.#writer.write(bytes)
  }

  /** All bytes were given. */
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

  /** Gives up and leaves nothing behind. */
  async discard(): Promise<void> {
    await this.#writer.discard()
  }
}

/** Takes in the bytes of `source` from `start` to `end`: a copy that shares memory where the store allows it. */
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

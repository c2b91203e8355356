import { S3Error } from '../../errors.js'
import { BlockPool, PartBuffer } from './part-buffer.js'
import {
  MAX_PARTS,
  MAX_PART_SIZE,
  type PartSizeSchedule,
  concurrencyAt,
  heldSize,
  maxObjectSize,
  partSizeAt,
} from './part-size-schedule.js'
import type { PartUploads } from './part-uploads.js'
import { formatS3Uri } from '../request/s3-location.js'
import type { UploadTarget } from './upload-commands.js'

/** Chunks on their way into parts, and how far they are. */
export class PendingChunks {
  readonly chunks: readonly Uint8Array[]
  /** The first chunk that is not copied whole. */
  index = 0
  /** How many bytes of it are copied. */
  offset = 0

  constructor(chunks: readonly Uint8Array[]) {
    this.chunks = chunks
  }
}

/**
 * Cuts what comes in into parts, and sends each when it is full. No more parts are held than the schedule allows:
 * those under way and one that is being filled, or is full and has to wait.
 *
 * Where a head belongs in front of it all, which is known only at the end, the first part is held back beside these,
 * and sent as the last one.
 */
export class PartFiller {
  readonly #target: UploadTarget
  readonly #sizes: PartSizeSchedule
  readonly #uploads: PartUploads
  readonly #pool = new BlockPool()
  #part: PartBuffer | undefined
  /** The size of the first part, where that one is held back. */
  #heldSize: number | undefined
  #held: PartBuffer | undefined
  #bytes = 0

  constructor(target: UploadTarget, sizes: PartSizeSchedule, uploads: PartUploads) {
    this.#target = target
    this.#sizes = sizes
    this.#uploads = uploads
  }

  /** How many bytes have been copied, the head included once it is there. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether all that came is one part, of which nothing was sent. */
  get isWhole(): boolean {
    const { started } = this.#uploads
    return this.#held ? started === 1 && this.#part === undefined : started === 0
  }

  /**
   * Has the first part held back. To be called before there is one.
   *
   * @param headerReserve - how long the head will be, in bytes, where part 1 is to be as large as the others
   */
  holdFirst(headerReserve: number | undefined): void {
    this.#heldSize = heldSize(this.#sizes, headerReserve)
  }

  /**
   * Copies as much as there is room for. Returns whether that was everything, with nothing full that cannot be sent
   * yet; if not, it is to be called again when a part has been sent.
   *
   * @throws {@link S3Error} `AVIO_ERR_OBJECT_TOO_LARGE` where there are bytes for part 10,001
   */
  copy(pending: PendingChunks): boolean {
    for (; pending.index < pending.chunks.length; pending.index++, pending.offset = 0) {
      const chunk = pending.chunks[pending.index]!
      while (pending.offset < chunk.length) {
        const part = this.#roomyPart()
        if (part === undefined) return false
        const taken = part.append(chunk, pending.offset)
        pending.offset += taken
        this.#bytes += taken
      }
    }
    // A first part that is full may be all there is, and that is a single PutObject.
    return this.#part?.full !== true || this.#uploads.started === 0 || this.send()
  }

  /** Sends the part that is there, if any, full or not. Returns `false` while too many are under way. */
  send(): boolean {
    const part = this.#part
    if (part === undefined) return true
    if (this.#heldSize !== undefined && this.#uploads.started === 0) {
      this.#part = undefined
      this.#held = part
      this.#uploads.leaveFirst(part.size)
      return true
    }
    if (this.#uploads.active >= concurrencyAt(part.capacity, this.#sizes)) return false
    this.#part = undefined
    this.#uploads.start(part)
    return true
  }

  /** All that came, where it is one part. */
  whole(): PartBuffer {
    return this.#held ?? (this.#part ??= this.#newPart(0))
  }

  /**
   * Puts the head in front of everything.
   *
   * @throws {@link S3Error} `AVIO_ERR_OBJECT_TOO_LARGE` where the first part gets larger than a part can be
   */
  prepend(head: Buffer): void {
    const first = this.whole()
    first.prepend(head)
    this.#bytes += head.length
    if (first.size > MAX_PART_SIZE) throw this.#headTooLarge(head)
  }

  /** Sends the part that was held back, if any. Returns `false` while too many are under way. */
  sendHeld(): boolean {
    const held = this.#held
    if (held === undefined) return true
    if (this.#uploads.active >= concurrencyAt(held.capacity, this.#sizes)) return false
    this.#held = undefined
    this.#uploads.startFirst(held)
    return true
  }

  /** Lets go of all memory. */
  clear(): void {
    this.#part = undefined
    this.#held = undefined
    this.#pool.clear()
  }

  /** A part that takes bytes; `undefined` while there may be none. */
  #roomyPart(): PartBuffer | undefined {
    if (this.#part?.full === true && !this.send()) return undefined
    if (this.#part) return this.#part
    const partNumber = this.#uploads.started + 1
    if (partNumber > MAX_PARTS) throw this.#tooLarge()
    const size = (partNumber === 1 ? this.#heldSize : undefined) ?? partSizeAt(partNumber, this.#sizes)
    if (this.#uploads.active > concurrencyAt(size, this.#sizes)) return undefined
    return (this.#part = this.#newPart(size))
  }

  #newPart(size: number): PartBuffer {
    return new PartBuffer(size, this.#pool, this.#target.checksum === 'crc32')
  }

  #tooLarge(): S3Error {
    const { location } = this.#target
    const { partSize } = this.#sizes
    const limit = maxObjectSize(this.#sizes) - partSize + (this.#heldSize ?? partSize)
    const message =
      `${formatS3Uri(location)}: ${MAX_PARTS} parts from ${this.#sizes.partSize} bytes up end at ${limit} bytes, and ` +
      `there is more. Raise "partSize"${this.#sizes.partGrowth ? '' : ', or leave "partGrowth" on'}.`
    return new S3Error('AVIO_ERR_OBJECT_TOO_LARGE', message, { ...location, byteOffset: limit })
  }

  #headTooLarge(head: Buffer): S3Error {
    const { location } = this.#target
    const message =
      `${formatS3Uri(location)}: the first part would have ${this.whole().size} bytes with its head of ${head.length}, ` +
      `and a part has at most ${MAX_PART_SIZE}. Lower "partSize".`
    return new S3Error('AVIO_ERR_OBJECT_TOO_LARGE', message, { ...location, partNumber: 1, byteOffset: 0 })
  }
}

import { S3Error } from '../../errors.js'
import { giveBack } from '../../io/memory/loans.js'
import type { MemoryClaim } from '../../io/memory/fair-shares.js'
import { openShare } from '../../io/memory/memory-budget.js'
import { SharedPool } from '../../io/memory/shared-pool.js'
import { MiB } from '../../options.js'
import { BLOCK_SIZE, PartBuffer } from './part-buffer.js'
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

/** The claim of an upload that has only begun, in bytes: a part of the default size. */
const FIRST_CLAIM = 8 * MiB

/** Chunks on their way into parts, and the position in them. */
export class PendingChunks {
  readonly chunks: readonly Uint8Array[]
  /** The first chunk not completely copied. */
  index = 0
  /** Number of its bytes copied. */
  offset = 0

  constructor(chunks: readonly Uint8Array[]) {
    this.chunks = chunks
  }
}

/**
 * Cuts the incoming bytes into parts, and sends each when it is full. Holds no more parts than the schedule allows:
 * those in flight and one that is being filled, or is full and waiting.
 *
 * If a header that is known only at the end belongs in front, the first part is held back in addition, and sent last.
 *
 * Beside a part in flight, another one is begun only if the upload's share of the process's memory has room for it.
 * With none in flight it is begun in any case: bytes that are not sent free no memory.
 */
export class PartFiller {
  readonly #target: UploadTarget
  readonly #sizes: PartSizeSchedule
  readonly #uploads: PartUploads
  readonly #pool = new SharedPool(BLOCK_SIZE)
  #part: PartBuffer | undefined
  /** The size of the first part, if it is held back. */
  #heldSize: number | undefined
  #held: PartBuffer | undefined
  #bytes = 0
  #isOver = false

  constructor(target: UploadTarget, sizes: PartSizeSchedule, uploads: PartUploads) {
    this.#target = target
    this.#sizes = sizes
    this.#uploads = uploads
  }

  /** Begins to count among the stages that share the process's memory; {@link clear} ends it. */
  activate(): void {
    if (this.#isOver) return
    this.#pool.share ??= openShare(this.#claim(partSizeAt(1, this.#sizes)), () => this.#pool.trim())
  }

  /** Number of bytes copied, including the header once it is there. */
  get bytes(): number {
    return this.#bytes
  }

  /** Whether all bytes so far are in one part, and none have been sent. */
  get isWhole(): boolean {
    const { started } = this.#uploads
    return this.#held ? started === 1 && this.#part === undefined : started === 0
  }

  /**
   * Holds the first part back. Call it before there is one.
   *
   * @param headerReserve - the length of the header, in bytes, if part 1 must be as large as the others
   */
  holdFirst(headerReserve: number | undefined): void {
    this.#heldSize = heldSize(this.#sizes, headerReserve)
  }

  /**
   * Copies as much as there is room for. Returns whether that was everything, with no full part waiting; if not, call
   * it again after a part has been sent.
   *
   * @throws {@link S3Error} `AVIO_ERR_OBJECT_TOO_LARGE` if there are bytes for part 10,001
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
      giveBack(chunk)
    }
    // A full first part may be the whole object, which takes a single PutObject.
    return this.#part?.full !== true || this.#uploads.started === 0 || this.send()
  }

  /** Sends the current part, if any, full or not. Returns `false` if too many are in flight. */
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

  /** All bytes, if they are in one part. */
  whole(): PartBuffer {
    return this.#held ?? (this.#part ??= this.#newPart(0))
  }

  /**
   * Puts the header in front of everything.
   *
   * @throws {@link S3Error} `AVIO_ERR_OBJECT_TOO_LARGE` if the first part exceeds the largest part size
   */
  prepend(head: Buffer): void {
    const first = this.whole()
    first.prepend(head)
    this.#bytes += head.length
    if (first.size > MAX_PART_SIZE) throw this.#headTooLarge(head)
  }

  /** Sends the held-back part, if any. Returns `false` if too many are in flight. */
  sendHeld(): boolean {
    const held = this.#held
    if (held === undefined) return true
    if (this.#uploads.active >= concurrencyAt(held.capacity, this.#sizes)) return false
    this.#held = undefined
    this.#uploads.startFirst(held)
    return true
  }

  /** Releases all memory. */
  clear(): void {
    this.#isOver = true
    this.#part = undefined
    this.#held = undefined
    this.#pool.close()
  }

  /** The part to fill; `undefined` while none is allowed. */
  #roomyPart(): PartBuffer | undefined {
    if (this.#part?.full === true && !this.send()) return undefined
    if (this.#part) return this.#part
    const partNumber = this.#uploads.started + 1
    if (partNumber > MAX_PARTS) throw this.#tooLarge()
    const size = (partNumber === 1 ? this.#heldSize : undefined) ?? partSizeAt(partNumber, this.#sizes)
    if (this.#uploads.active > concurrencyAt(size, this.#sizes)) return undefined
    this.#pool.share?.reclaim(this.#claim(size))
    if (this.#uploads.active > 0 && !this.#pool.promise(size)) return undefined
    return (this.#part = this.#newPart(size))
  }

  /**
   * What the upload needs and can use, with parts of `size` bytes. An object may end in its first part, however large
   * that could be: until there is a second one, it counts as a small object.
   */
  #claim(size: number): MemoryClaim {
    const held = this.#heldSize ?? 0
    const max = held + (concurrencyAt(size, this.#sizes) + 1) * size
    return this.#uploads.started === 0 ? { min: Math.min(size, FIRST_CLAIM), max } : { min: held + size, max }
  }

  #newPart(size: number): PartBuffer {
    return new PartBuffer(size, this.#pool, this.#target.checksum === 'crc32')
  }

  #tooLarge(): S3Error {
    const { location } = this.#target
    const { partSize } = this.#sizes
    const limit = maxObjectSize(this.#sizes) - partSize + (this.#heldSize ?? partSize)
    const message =
      `${formatS3Uri(location)}: ${MAX_PARTS} parts starting at ${this.#sizes.partSize} bytes hold ${limit} bytes, ` +
      `and the object is longer. Raise "partSize"${this.#sizes.partGrowth ? '' : ', or leave "partGrowth" on'}.`
    return new S3Error('AVIO_ERR_OBJECT_TOO_LARGE', message, { ...location, byteOffset: limit })
  }

  #headTooLarge(head: Buffer): S3Error {
    const { location } = this.#target
    const message =
      `${formatS3Uri(location)}: the first part would have ${this.whole().size} bytes with its header of ` +
      `${head.length}, and the limit is ${MAX_PART_SIZE}. Lower "partSize".`
    return new S3Error('AVIO_ERR_OBJECT_TOO_LARGE', message, { ...location, partNumber: 1, byteOffset: 0 })
  }
}

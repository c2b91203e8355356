import { CompleteUpload } from './complete-upload.js'
import { MultipartUpload } from './multipart-upload.js'
import type { PartBuffer } from './part-buffer.js'
import type { StoreCommit } from './prove-stored.js'
import type { StoredPart, UploadCommands } from './upload-commands.js'

/** Receives the progress of the parts. */
export interface PartListener {
  /** The upload now exists. */
  onUpload(upload: MultipartUpload): void
  /** A part is stored. */
  onPart(part: StoredPart): void
  /** A part failed for good, or creating the upload did. Called once. */
  onFailure(error: unknown): void
}

/**
 * The parts of one upload in flight, concurrently. Starting the first one creates the upload.
 */
export class PartUploads {
  readonly #requests: UploadCommands
  readonly #listener: PartListener
  readonly #cancel = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  readonly #stored: StoredPart[] = []
  #upload: Promise<MultipartUpload> | undefined
  #started = 0
  #offset = 0
  #failed = false

  constructor(requests: UploadCommands, listener: PartListener) {
    this.#requests = requests
    this.#listener = listener
  }

  /** Number of parts started, including one left for later. */
  get started(): number {
    return this.#started
  }

  /** Number of parts in flight. */
  get active(): number {
    return this.#underWay.size
  }

  /** The stored parts, in the order of the object. */
  get stored(): readonly StoredPart[] {
    return this.#stored.toSorted((a, b) => a.partNumber - b.partNumber)
  }

  /** Sends `part` as the next one, and releases its memory once it is stored. */
  start(part: PartBuffer): void {
    const byteOffset = this.#offset
    this.#offset += part.size
    this.#start(part, ++this.#started, byteOffset)
  }

  /** Reserves number 1 for a part sent later; it has `size` bytes of the stream. */
  leaveFirst(size: number): void {
    this.#started++
    this.#offset += size
  }

  /** Sends the part with the reserved number 1. */
  startFirst(part: PartBuffer): void {
    this.#start(part, 1, 0)
  }

  #start(part: PartBuffer, partNumber: number, byteOffset: number): void {
    const done: Promise<void> = this.#send(part, partNumber, byteOffset)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        part.release()
        this.#underWay.delete(done)
      })
    this.#underWay.add(done)
  }

  /** Resolves when one of the parts in flight settles, whatever its outcome. */
  async next(): Promise<void> {
    await Promise.race(this.#underWay)
  }

  /** Resolves when no part is in flight. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  /**
   * Makes one object of the parts, all of which are stored.
   *
   * @param signal - the object is no longer wanted: wait for the request in flight, and start no other
   */
  async commit(signal?: AbortSignal): Promise<StoreCommit> {
    return new CompleteUpload(await this.#upload!, this.stored).run(signal)
  }

  /** Cancels the parts in flight, waits until they settle, and leaves nothing in the bucket. */
  async discard(): Promise<void> {
    this.#failed = true
    this.#cancel.abort()
    await this.settled()
    const upload = await this.#upload?.catch(() => undefined)
    await upload?.abort()
  }

  async #send(part: PartBuffer, partNumber: number, byteOffset: number): Promise<void> {
    const upload = await (this.#upload ??= this.#create())
    const stored = await upload.uploadPart(part, partNumber, byteOffset, this.#cancel.signal)
    this.#stored.push(stored)
    if (!this.#failed) this.#listener.onPart(stored)
  }

  async #create(): Promise<MultipartUpload> {
    const upload = await MultipartUpload.create(this.#requests, this.#cancel.signal)
    if (!this.#failed) this.#listener.onUpload(upload)
    return upload
  }

  #fail(error: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#listener.onFailure(error)
  }
}

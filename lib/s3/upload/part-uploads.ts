import type { PartBuffer } from './part-buffer.js'
import type { StoreCommit } from './prove-stored.js'
import type { StoredPart, UploadCommands } from './upload-commands.js'
import { type Resumption, type SessionListener, UploadSession } from './upload-session.js'

/** Receives the progress of the parts. */
export interface PartListener extends SessionListener {
  /** A part is stored, now or by an earlier process. */
  onPart(part: StoredPart): void
  /** A part failed for good, or creating the upload did. Called once. */
  onFailure(error: unknown): void
}

/**
 * The parts of one upload in flight, concurrently. Starting the first one opens the upload.
 */
export class PartUploads {
  readonly #session: UploadSession
  readonly #listener: PartListener
  readonly #cancel = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  readonly #stored: StoredPart[] = []
  #started = 0
  #offset = 0
  #failed = false

  /** @param resumption - with a checkpoint; without it, a failure leaves nothing in the bucket */
  constructor(requests: UploadCommands, listener: PartListener, resumption?: Resumption) {
    this.#session = new UploadSession(requests, listener, resumption)
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

  /** Whether an earlier upload goes on, which even an object of a single part belongs to. */
  isResumed(): Promise<boolean> {
    return this.#session.isResumed(this.#cancel.signal)
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

  /** Compares the whole with that of an earlier process. All parts are stored. */
  async check(): Promise<void> {
    await this.#session.check(this.stored)
  }

  /** Saves what the object will be, with a checkpoint. */
  async saveCommit(): Promise<void> {
    await this.#session.saveCommit(this.stored, this.#cancel.signal)
  }

  /**
   * Makes one object of the parts, all of which are stored.
   *
   * @param signal - the object is no longer wanted: wait for the request in flight, and start no other
   */
  commit(signal?: AbortSignal): Promise<StoreCommit> {
    return this.#session.commit(this.stored, signal)
  }

  /** Cancels the parts in flight, waits until they settle, and leaves nothing in the bucket but a saved upload. */
  async discard(): Promise<void> {
    this.#failed = true
    this.#cancel.abort()
    await this.settled()
    await this.#session.discard()
  }

  async #send(part: PartBuffer, partNumber: number, byteOffset: number): Promise<void> {
    const stored = await this.#session.uploadPart(part, partNumber, byteOffset, this.#cancel.signal)
    this.#stored.push(stored)
    if (!this.#failed) this.#listener.onPart(stored)
  }

  #fail(error: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#listener.onFailure(error)
  }
}

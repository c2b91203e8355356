import { CompleteUpload } from './complete-upload.js'
import { MultipartUpload } from './multipart-upload.js'
import type { PartBuffer } from './part-buffer.js'
import type { StoreCommit } from './prove-stored.js'
import type { StoredPart, UploadCommands } from './upload-commands.js'

/** Who is told how the parts fare. */
export interface PartListener {
  /** The upload exists from now on. */
  onUpload(upload: MultipartUpload): void
  /** A part is stored. */
  onPart(part: StoredPart): void
  /** A part failed for good, or the upload could not be begun. Called once. */
  onFailure(error: unknown): void
}

/**
 * The parts of one upload on their way, as many at once as are started. The upload is begun with the first of them.
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

  /** How many parts were started; one that was left for later counts. */
  get started(): number {
    return this.#started
  }

  /** How many parts are under way. */
  get active(): number {
    return this.#underWay.size
  }

  /** The parts that are stored, in the order of the object. */
  get stored(): readonly StoredPart[] {
    return this.#stored.toSorted((a, b) => a.partNumber - b.partNumber)
  }

  /** Sends `part` as the next one, and releases its memory when it is stored. */
  start(part: PartBuffer): void {
    const byteOffset = this.#offset
    this.#offset += part.size
    this.#start(part, ++this.#started, byteOffset)
  }

  /** Leaves number 1 to a part that is sent later; it has `size` bytes of the stream. */
  leaveFirst(size: number): void {
    this.#started++
    this.#offset += size
  }

  /** Sends the part that number 1 was left to. */
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

  /** Resolves when one of the parts under way is no longer so, whatever became of it. */
  async next(): Promise<void> {
    await Promise.race(this.#underWay)
  }

  /** Resolves when no part is under way. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  /**
   * Makes one object of the parts, all of which are stored.
   *
   * @param signal - nobody wants it any more: what was sent is waited for, and nothing further begun
   */
  async commit(signal?: AbortSignal): Promise<StoreCommit> {
    return new CompleteUpload(await this.#upload!, this.stored).run(signal)
  }

  /** Cancels what is under way, waits for it to have settled, and leaves nothing in the bucket. */
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

import { Writable } from 'node:stream'
import { destroyOnAbort } from '../io/async/abort-listeners.js'
import { S3Error, isError } from '../errors.js'
import { CommitGate } from '../io/pipeline/commit-gate.js'
import { type ClaimedHeader, headerOfAnother } from '../io/pipeline/header-claim.js'
import { COMMIT, type CommitHook } from '../io/pipeline/commit-hook.js'
import { Upstream } from '../io/pipeline/upstream.js'
import { mediaTypeFor } from '../io/media-types/media-types.js'
import { tell } from '../io/async/user-event.js'
import { formatCrc32 } from './upload/combine-crc32.js'
import { expectedOf } from './upload/complete-upload.js'
import type { PartBuffer } from './upload/part-buffer.js'
import { PartFiller, PendingChunks } from './upload/part-filler.js'
import { PartUploads } from './upload/part-uploads.js'
import { formatS3Uri } from './request/s3-location.js'
import { putObject } from './upload/put-object.js'
import {
  type S3MultipartWritableOptions,
  type UploadResult,
  type UploadSettings,
  type UploadSummary,
  uploadSettings,
} from './upload/upload-options.js'
import { UploadCommands } from './upload/upload-commands.js'
import type { TypedListener, WritableEvents } from '../io/pipeline/typed-listeners.js'

/** Events of {@link S3MultipartWritable}: those of every stream of its kind, and its own. */
export interface S3MultipartWritableEvents extends WritableEvents {
  /** A multipart upload was begun: its id is what an operator would need to clean up after a killed process. */
  upload: [upload: { uploadId: string }]
  /** A part is stored: number (from 1), size in bytes, and ETag as S3 gave it. */
  part: [part: { partNumber: number; size: number; etag: string }]
  /** How much is stored: bytes, and in how many parts. Nothing of it is visible before the stream finishes. */
  progress: [progress: { bytes: number; parts: number }]
}

/** Chunks that are being copied into parts, and who waits for it. */
interface PendingWrite {
  readonly chunks: PendingChunks
  readonly callback: (error?: Error | null) => void
}

/**
 * Writes one object to S3, of any length and not known in advance, all or nothing.
 *
 * Guarantees
 * - Nothing is visible under the key, and an older object stays, until everything upstream has ended well and
 *   `beforeCommit` has not said no. `'finish'` comes only after the object is stored.
 * - An error, a `destroy()` or an abort before that leaves nothing: the parts under way are cancelled and settled,
 *   the multipart upload is aborted, and the store is asked whether it is gone; only then comes `'close'`. A clean-up
 *   that fails is put on the first error as `cleanupError` and never replaces it.
 * - The request that makes the object visible is never cancelled: from there on `destroy()` waits for it, and
 *   {@link result} tells. It is not sent again after `destroy()`. An answer that is lost is made up for by looking
 *   (ListParts, then HEAD); what can't be proved is `AVIO_ERR_OUTCOME_UNKNOWN`, and then the upload is left as it is.
 * - Every wait has an end: each request by `stallTimeout` (`commitTimeout` for the last), the clean-up by a minute.
 * - Each request is tried `maxAttempts` times, a part from the same memory.
 * - It works under a plain `pipe()`: a source that fails or closes early destroys this stream too.
 * - A header that its source knows only at the end (the index of an ordinary MP4) is claimed, and stored in front of
 *   all the rest: the first part is held back in memory, and sent as the last one.
 *
 * Left behind on failure: nothing, save for what `docs/s3-multipart-writable.md` lists (a process that is killed, an
 * answer to CreateMultipartUpload that is lost, a clean-up that is not allowed). A lifecycle rule
 * `AbortIncompleteMultipartUpload` on the bucket takes care of those.
 *
 * Memory: at most (`concurrency` + 1) × `partSize` (40 MiB by default) in blocks of 1 MiB, into which bytes are
 * copied once, and `highWaterMark` in chunks of the writer's own. The same for an object of 64 GiB as for one of
 * 1 GiB; from part 5,501 on it is two parts, which double every 400 parts (`part-size-schedule.ts` has the schedule). Where a
 * head is claimed, one more `partSize` and the head itself.
 *
 * Errors: {@link S3Error} with `bucket`, `key`, `operation`, `partNumber`, `byteOffset`, `attempts` … where they are
 * known: `AVIO_ERR_UPLOAD_FAILED`, `AVIO_ERR_CHECKSUM_MISMATCH`, `AVIO_ERR_PRECONDITION_FAILED`,
 * `AVIO_ERR_COMMIT_REFUSED`, `AVIO_ERR_OUTCOME_UNKNOWN`, `AVIO_ERR_OBJECT_TOO_LARGE`, `AVIO_ERR_HEADER_TOO_LARGE`, and
 * those that all of S3 shares (`AVIO_ERR_ACCESS_DENIED`, `AVIO_ERR_NO_SUCH_BUCKET` …).
 *
 * @example
 * ```ts
 * const sink = new S3MultipartWritable({ bucket: 'web', key: 'talk.mp4' })
 * await pipeline(createReadStream('talk.mp4'), sink)
 * const { etag, bytes } = await sink.result
 * ```
 */
export class S3MultipartWritable extends Writable {
  /**
   * Settles after everything is over: resolves when the object is stored, rejects with the stream's first error when
   * it is not and nothing is left behind. (On Node 20 the promised `pipeline()` rejects before that.)
   * It may be ignored: it never causes an unhandled rejection.
   */
  readonly result: Promise<UploadResult>
  readonly #settings: UploadSettings
  readonly #upstream: Upstream
  readonly #requests: UploadCommands
  readonly #uploads: PartUploads
  readonly #filler: PartFiller
  readonly #holds = new CommitGate()
  /** Nobody wants the object any more. */
  readonly #unwanted = new AbortController()
  /** The head that belongs in front, or none; not settled before the first byte, or the end. */
  #head: { readonly claimed: ClaimedHeader | undefined } | undefined
  #resolve!: (result: UploadResult) => void
  #reject!: (error: Error) => void
  #pending: PendingWrite | undefined
  #stored = { bytes: 0, parts: 0 }
  /** From the moment that the object may become visible. Never rejects; tells why it did not. */
  #commit: Promise<unknown> | undefined

  /**
   * @throws {@link OptionError} `AVIO_ERR_OPTION` for an option that breaks its rule, before anything is sent
   */
  constructor(options: S3MultipartWritableOptions) {
    const settings = uploadSettings(options)
    super({ highWaterMark: settings.highWaterMark })
    this.#settings = settings
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.result.catch(() => undefined)
    this.#upstream = new Upstream(this, 'S3MultipartWritable', { claimsHeader: true })
    this.#requests = new UploadCommands(settings.target)
    this.#uploads = new PartUploads(this.#requests, {
      onUpload: ({ uploadId }) => tell(this, 'upload', { uploadId }),
      onPart: ({ partNumber, size, etag }) => {
        tell(this, 'part', { partNumber, size, etag })
        this.#progress(size)
      },
      onFailure: error => this.destroy(error as Error),
    })
    this.#filler = new PartFiller(settings.target, settings.sizes, this.#uploads)
    // Not by super(): a signal that is aborted already would destroy a stream that has no fields yet.
    destroyOnAbort(settings.signal, this)
  }

  /**
   * Has the commit wait for others: see {@link CommitHook}. `open` is called once `beforeCommit` has passed and all
   * parts are stored; of a single PutObject, just before it.
   * @internal
   */
  get [COMMIT](): CommitHook {
    return this.#holds.offer(this.result, formatS3Uri(this.#settings.target.location))
  }

  /** @internal */
  override _write(
    chunk: Uint8Array,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    this.#pending = { chunks: new PendingChunks([chunk]), callback }
    this.#store()
  }

  /** @internal */
  override _writev(chunks: { chunk: Uint8Array }[], callback: (error?: Error | null) => void): void {
    this.#pending = { chunks: new PendingChunks(chunks.map(({ chunk }) => chunk)), callback }
    this.#store()
  }

  /** @internal */
  override _final(callback: (error?: Error | null) => void): void {
    this.#finish().then(() => callback(), callback)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#upstream.release()
    this.#unwanted.abort()
    this.#end(error).then(() => callback(error), callback)
  }

  /** Copies what is pending into parts, as far as there is room, and comes back when there is more. */
  #store(): void {
    const write = this.#pending
    if (write === undefined) return
    this.#settleUpstream()
    try {
      if (!this.#filler.copy(write.chunks)) {
        void this.#uploads.next().then(() => this.#store())
        return
      }
    } catch (error) {
      this.#pending = undefined
      write.callback(error as Error)
      return
    }
    this.#pending = undefined
    write.callback()
  }

  /** Looks once at the stage before: what it says of the media type, and whether a head is to be put in front. */
  #settleUpstream(): void {
    if (this.#head !== undefined) return
    this.#requests.contentType ??= mediaTypeFor(this.#settings.target.location.key, this.#upstream.mediaTypes)
    this.#head = { claimed: this.#upstream.header }
    if (this.#head.claimed) this.#filler.holdFirst(this.#settings.headerReserve)
  }

  async #finish(): Promise<void> {
    this.#settleUpstream()
    const whole = this.#filler.isWhole ? this.#filler.whole() : undefined
    this.#addHead(whole !== undefined)
    while (!whole && !(this.#filler.send() && this.#filler.sendHeld())) {
      await this.#uploads.next()
      this.#assertAlive()
    }
    await this.#uploads.settled()
    this.#assertAlive()
    const summary = this.#summary(whole)
    await this.#mayCommit(summary)
    this.#assertAlive()
    await this.#holds.opened(formatS3Uri(summary))
    this.#assertAlive()
    const { signal } = this.#unwanted
    const commit = whole ? putObject(this.#requests, whole, signal) : this.#uploads.commit(signal)
    this.#commit = commit.then(ignore, (error: unknown) => error)
    const { confirmed, etag, versionId } = await commit
    const checksum = summary.checksum && { ...summary.checksum, confirmed }
    this.#resolve({ ...summary, etag, versionId, checksum })
    if (whole) this.#progress(whole.size)
  }

  #addHead(isWhole: boolean): void {
    const head = this.#upstream.header
    if (head !== this.#head?.claimed)
      throw headerOfAnother('an S3MultipartWritable', formatS3Uri(this.#settings.target.location))
    // Room is kept for the sake of parts of equal size.
    if (head) this.#filler.prepend(head.bytes(isWhole ? undefined : this.#settings.headerReserve))
  }

  #summary(whole: PartBuffer | undefined): UploadSummary {
    const { location, checksum } = this.#settings.target
    const parts = this.#uploads.stored
    const { etag, crc32 } = expectedOf(parts, checksum === 'crc32')
    const sum = whole ? whole.crc32 : crc32
    return {
      ...location,
      bytes: this.#filler.bytes,
      parts: Math.max(1, parts.length),
      etag,
      checksum: checksum === 'crc32' ? { algorithm: 'CRC32', value: formatCrc32(sum ?? 0) } : undefined,
    }
  }

  async #mayCommit(summary: UploadSummary): Promise<void> {
    let cause: unknown
    try {
      if ((await this.#settings.beforeCommit?.(summary)) !== false) return
    } catch (error) {
      cause = error
    }
    const said = isError(cause) ? `: ${cause.message}` : ''
    throw new S3Error(
      'AVIO_ERR_COMMIT_REFUSED',
      `${formatS3Uri(summary)} was not stored: beforeCommit refused it${said}`,
      this.#settings.target.location,
      { cause },
    )
  }

  /** The end of everything, good or bad. Rejects only where there is no error but that of the clean-up. */
  async #end(error: Error | null): Promise<void> {
    const reason = error ?? this.#destroyedEarly()
    const pending = this.#pending
    this.#pending = undefined
    pending?.callback(reason)
    const failure = await this.#commit
    const isStored = this.#commit !== undefined && failure === undefined
    // What is not known to have failed must not be made to fail.
    const isOpen = failure instanceof S3Error && failure.code === 'AVIO_ERR_OUTCOME_UNKNOWN'
    const isVisible = failure instanceof S3Error && failure.code === 'AVIO_ERR_CHECKSUM_MISMATCH'
    // Destroyed while the commit was under way, it ends with the error that it was given.
    const first = (isOpen || isVisible ? failure : (error ?? failure ?? reason)) as Error
    try {
      if (!isStored && !isOpen) await this.#uploads.discard()
    } catch (cleanupError) {
      Reflect.defineProperty(first, 'cleanupError', { value: cleanupError, enumerable: true })
      if (error === null) throw cleanupError
    } finally {
      this.#filler.clear()
      this.#reject(first)
    }
  }

  #progress(bytes: number): void {
    this.#stored = { bytes: this.#stored.bytes + bytes, parts: this.#stored.parts + 1 }
    tell(this, 'progress', this.#stored)
  }

  #assertAlive(): void {
    if (this.destroyed) throw this.#destroyedEarly()
  }

  #destroyedEarly(): S3Error {
    const { location } = this.#settings.target
    const message = `The stream to ${formatS3Uri(location)} was destroyed before its end, and nothing was stored.`
    return new S3Error('AVIO_ERR_UPLOAD_FAILED', message, location)
  }
}

const ignore = () => undefined

/** Listeners, typed by the event; a name that is no event does not compile. */
export interface S3MultipartWritable {
  /** Adds a listener for an event. */
  on<Name extends keyof S3MultipartWritableEvents>(
    event: Name,
    listener: TypedListener<S3MultipartWritableEvents, Name>,
  ): this
  /** Adds a listener that is called once, at the next such event. */
  once<Name extends keyof S3MultipartWritableEvents>(
    event: Name,
    listener: TypedListener<S3MultipartWritableEvents, Name>,
  ): this
  /** Removes a listener. */
  off<Name extends keyof S3MultipartWritableEvents>(
    event: Name,
    listener: TypedListener<S3MultipartWritableEvents, Name>,
  ): this
}

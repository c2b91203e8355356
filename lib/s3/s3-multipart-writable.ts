import { Writable } from 'node:stream'
import { destroyOnAbort } from '../io/async/abort-listeners.js'
import { S3Error, isError } from '../errors.js'
import type { RetryMessage } from '../io/diagnostics/messages.js'
import { CommitGate } from '../io/pipeline/commit-gate.js'
import { type ClaimedHeader, headerOfAnother } from '../io/pipeline/header-claim.js'
import { ACTIVITY, type Activity } from '../io/monitor/activity.js'
import { COMMIT, type CommitHook } from '../io/pipeline/commit-hook.js'
import { Upstream } from '../io/pipeline/upstream.js'
import { mediaTypeFor } from '../io/media-types/media-types.js'
import { tell } from '../io/async/user-event.js'
import { formatCrc32 } from './upload/combine-crc32.js'
import { expectedOf } from './upload/complete-upload.js'
import type { PartBuffer } from './upload/part-buffer.js'
import { PartFiller, PendingChunks } from './upload/part-filler.js'
import { type PartListener, PartUploads } from './upload/part-uploads.js'
import { formatS3Uri } from './request/s3-location.js'
import { SocketDemand } from './request/socket-demand.js'
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
import { reportStage } from '../io/diagnostics/report-stage.js'

/** Events of {@link S3MultipartWritable}: those of every `Writable`, and its own. */
export interface S3MultipartWritableEvents extends WritableEvents {
  /** A multipart upload was created; its id lets an operator clean up after a killed process. */
  upload: [upload: { uploadId: string }]
  /** The upload of the checkpoint goes on: how many parts it has, and their size in bytes. */
  resume: [upload: { uploadId: string; parts: number; bytes: number }]
  /** A part is stored: number (from 1), size in bytes, and ETag as S3 sent it. */
  part: [part: { partNumber: number; size: number; etag: string }]
  /** Progress: bytes stored, and the number of parts. Nothing is visible before the stream finishes. */
  progress: [progress: { bytes: number; parts: number }]
  /** A request failed (503, a time-out, a reset …) and another attempt follows, also while cleaning up. */
  retry: [retry: RetryMessage]
}

/** Chunks being copied into parts, and the pending callback. */
interface PendingWrite {
  readonly chunks: PendingChunks
  readonly callback: (error?: Error | null) => void
}

/**
 * Writes one object of any, possibly unknown, length to S3, all or nothing.
 *
 * Guarantees
 * - Nothing is visible under the key, and an older object stays, until everything upstream has ended without error and
 *   `beforeCommit` has not refused. `'finish'` comes only after the object is stored.
 * - An error, a `destroy()` or an abort before that leaves nothing behind: the stream cancels the parts in flight,
 *   waits until they settle, aborts the multipart upload, and checks with the store that it is gone; only then comes
 *   `'close'`. A failed clean-up is attached to the first error as `cleanupError` and never replaces it.
 * - The stream never cancels the request that makes the object visible: from then on `destroy()` waits for it, and
 *   {@link result} has the outcome. It does not retry that request after `destroy()`. If the response is lost, it looks
 *   at the store (ListParts, then HEAD); if that proves nothing, the error is `AVIO_ERR_OUTCOME_UNKNOWN`, and the
 *   upload stays as it is.
 * - Every wait ends: each request by `stallTimeout` (`commitTimeout` for the last), the clean-up after a minute.
 * - Each request has `maxAttempts` attempts, a part from the same memory.
 * - It works under a plain `pipe()`: a source that fails or closes early destroys this stream too.
 * - With `checkpoint`, and only with it, an error leaves the upload and its parts, for another process to resume.
 * - If the source writes its header last (the index of an ordinary MP4), the stream claims the header and stores it in
 *   front of everything else: it keeps the first part in memory, and sends it last.
 *
 * Left behind on failure: nothing without `checkpoint`, except for the cases in `docs/s3-multipart-writable.md` (a
 * killed process, a lost response to CreateMultipartUpload, a clean-up without permission). A lifecycle rule
 * `AbortIncompleteMultipartUpload` on the bucket takes care of those.
 *
 * Memory: at most (`concurrency` + 1) × `partSize` (40 MiB by default) in blocks of 1 MiB, into which bytes are copied
 * once, and `highWaterMark` in the writer's own chunks. An object of 64 GiB takes as much as one of 1 GiB; from part
 * 5,501 on it is two parts, which double every 400 parts (see `part-size-schedule.ts`). With a claimed header, one more
 * `partSize` and the header itself. All stages together keep to `setMemoryBudget()`, if there is one.
 *
 * Errors: {@link S3Error} with `bucket`, `key`, `operation`, `partNumber`, `byteOffset`, `attempts` … if known:
 * `AVIO_ERR_UPLOAD_FAILED`, `AVIO_ERR_CHECKSUM_MISMATCH`, `AVIO_ERR_PRECONDITION_FAILED`, `AVIO_ERR_COMMIT_REFUSED`,
 * `AVIO_ERR_OUTCOME_UNKNOWN`, `AVIO_ERR_OBJECT_TOO_LARGE`, `AVIO_ERR_HEADER_TOO_LARGE`, `AVIO_ERR_CHECKPOINT_MISMATCH`,
 * `AVIO_ERR_CHECKPOINT_SAVE`, and the codes common to all S3
 * operations (`AVIO_ERR_ACCESS_DENIED`, `AVIO_ERR_NO_SUCH_BUCKET` …).
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
   * Settles after everything is over: resolves once the object is stored; otherwise rejects with the stream's first
   * error, after the clean-up. (On Node 20 the promised `pipeline()` rejects before that.) Never causes an unhandled
   * rejection, so it may be ignored.
   */
  readonly result: Promise<UploadResult>
  readonly #settings: UploadSettings
  readonly #upstream: Upstream
  readonly #requests: UploadCommands
  readonly #uploads: PartUploads
  readonly #filler: PartFiller
  readonly #sockets: SocketDemand
  readonly #holds = new CommitGate()
  /** Aborted once the object is no longer wanted. */
  readonly #unwanted = new AbortController()
  /** The header that belongs in front, or none; pending until the first byte, or the end. */
  #head: { readonly claimed: ClaimedHeader | undefined } | undefined
  #resolve!: (result: UploadResult) => void
  #reject!: (error: Error) => void
  #pending: PendingWrite | undefined
  #stored = { bytes: 0, parts: 0 }
  /** Set once the object may become visible. Never rejects; resolves with the error, if any. */
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
    this.#upstream = new Upstream(this, 'S3MultipartWritable', { claimsHeader: true, givesBack: () => true })
    this.#requests = new UploadCommands(settings.target)
    this.#sockets = new SocketDemand(settings.target.client)
    this.#requests.onRetry = retry => tell(this, 'retry', retry)
    const { checkpoint, sizes, headerReserve } = settings
    const listener: PartListener = {
      onUpload: ({ uploadId }) => {
        this.#sockets.ask(sizes.concurrency)
        tell(this, 'upload', { uploadId })
      },
      onResume: upload => {
        this.#sockets.ask(sizes.concurrency)
        tell(this, 'resume', upload)
      },
      onPart: ({ partNumber, size, etag }) => {
        tell(this, 'part', { partNumber, size, etag })
        this.#progress(size)
      },
      onFailure: error => this.destroy(error as Error),
    }
    const resumption = checkpoint && { checkpoint, sizes, headerReserve }
    this.#uploads = new PartUploads(this.#requests, listener, resumption)
    this.#filler = new PartFiller(settings.target, settings.sizes, this.#uploads)
    reportStage(this, 'S3MultipartWritable', formatS3Uri(settings.target.location))
    this.once('pipe', () => this.#filler.activate())
    // Not through super(): an already aborted signal would destroy a stream that has no fields yet.
    destroyOnAbort(settings.signal, this)
  }

  /**
   * Makes the commit wait for others: see {@link CommitHook}. Calls `open` once `beforeCommit` has passed and all parts
   * are stored; for a single PutObject, just before the request.
   * @internal
   */
  get [COMMIT](): CommitHook {
    return this.#holds.offer(this.result, formatS3Uri(this.#settings.target.location))
  }

  /**
   * What a monitor learns of it.
   * @internal
   */
  get [ACTIVITY](): Activity {
    const held = () => this.#filler.bytes - this.#stored.bytes
    return {
      get bytesHeld() {
        return held()
      },
    }
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

  /** Copies the pending chunks into parts while there is room; called again when there is more. */
  #store(): void {
    const write = this.#pending
    if (write === undefined) return
    this.#filler.activate()
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

  /** Reads the previous stage's media type and header claim, once. */
  #settleUpstream(): void {
    if (this.#head !== undefined) return
    this.#requests.contentType ??= mediaTypeFor(this.#settings.target.location.key, this.#upstream.mediaTypes)
    this.#head = { claimed: this.#upstream.header }
    if (this.#head.claimed) this.#filler.holdFirst(this.#settings.headerReserve)
  }

  async #finish(): Promise<void> {
    this.#settleUpstream()
    const body = this.#filler.isWhole ? this.#filler.whole() : undefined
    const whole = body && !(await this.#uploads.isResumed()) ? body : undefined
    this.#assertAlive()
    this.#addHead(whole !== undefined)
    while (!whole && !(this.#filler.send() && this.#filler.sendHeld())) {
      await this.#uploads.next()
      this.#assertAlive()
    }
    await this.#uploads.settled()
    this.#assertAlive()
    if (!whole) await this.#uploads.check()
    const summary = this.#summary(whole)
    await this.#mayCommit(summary)
    this.#assertAlive()
    if (!whole) await this.#uploads.saveCommit()
    this.#assertAlive()
    await this.#holds.opened(formatS3Uri(summary))
    this.#assertAlive()
    const { signal } = this.#unwanted
    this.#sockets.ask(1)
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
    // The space is reserved to keep parts equal.
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

  /** Ends the stream, successfully or not. Rejects only if the clean-up's error is the only one. */
  async #end(error: Error | null): Promise<void> {
    const reason = error ?? this.#destroyedEarly()
    const pending = this.#pending
    this.#pending = undefined
    pending?.callback(reason)
    const failure = await this.#commit
    const isStored = this.#commit !== undefined && failure === undefined
    // An upload that may have succeeded must not be made to fail.
    const isOpen = failure instanceof S3Error && failure.code === 'AVIO_ERR_OUTCOME_UNKNOWN'
    const isVisible = failure instanceof S3Error && failure.code === 'AVIO_ERR_CHECKSUM_MISMATCH'
    // If destroyed during the commit, it ends with the error given to destroy().
    const first = (isOpen || isVisible ? failure : (error ?? failure ?? reason)) as Error
    try {
      if (!isStored && !isOpen) await this.#uploads.discard()
    } catch (cleanupError) {
      Reflect.defineProperty(first, 'cleanupError', { value: cleanupError, enumerable: true })
      if (error === null) throw cleanupError
    } finally {
      this.#sockets.ask(0)
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

/** Listeners, typed by event; an unknown event name does not compile. */
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

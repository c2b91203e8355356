import { Writable, addAbortSignal } from 'node:stream'
import { S3Error } from '../errors.js'
import { Upstream } from '../io/upstream.js'
import { formatCrc32 } from './crc32.js'
import { expectedOf } from './multipart-commit.js'
import { BlockPool, PartBuffer } from './part-buffer.js'
import { MAX_PARTS, concurrencyAt, maxObjectSize, partSizeAt } from './part-size.js'
import { PartUploads } from './part-uploads.js'
import { formatS3Uri } from './s3-location.js'
import { putObject } from './single-upload.js'
import {
  type S3MultipartWritableOptions,
  type UploadResult,
  type UploadSettings,
  type UploadSummary,
  uploadSettings,
} from './upload-options.js'
import { UploadRequests } from './upload-requests.js'

/** Events of {@link S3MultipartWritable}, beside those of every stream. */
export interface S3MultipartWritableEvents {
  /** A multipart upload was begun: its id is what an operator would need to clean up after a killed process. */
  upload: [upload: { uploadId: string }]
  /** A part is stored: number (from 1), size in bytes, and ETag as S3 gave it. */
  part: [part: { partNumber: number; size: number; etag: string }]
  /** How much is stored: bytes, and in how many parts. Nothing of it is visible before the stream finishes. */
  progress: [progress: { bytes: number; parts: number }]
}

/** Chunks that are being copied into parts, and who waits for it. */
interface PendingWrite {
  readonly chunks: readonly Uint8Array[]
  index: number
  offset: number
  readonly callback: (error?: Error | null) => void
}

export class S3MultipartWritable extends Writable {
  /**
   * Settles after everything is over: resolves when the object is stored, rejects with the stream's first error when
   * it is not and nothing is left behind. (On Node 20 the promised `pipeline()` rejects before that.)
   * It may be ignored: it never causes an unhandled rejection.
   */
  readonly result: Promise<UploadResult>
  readonly #settings: UploadSettings
  readonly #upstream: Upstream
  readonly #requests: UploadRequests
  readonly #uploads: PartUploads
  readonly #pool = new BlockPool()
  #resolve!: (result: UploadResult) => void
  #reject!: (error: Error) => void
  #part: PartBuffer | undefined
  #pending: PendingWrite | undefined
  #bytes = 0
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
    this.#upstream = new Upstream(this, 'S3MultipartWritable')
    this.#requests = new UploadRequests(settings.target)
    this.#uploads = new PartUploads(this.#requests, {
      onUpload: ({ uploadId }) => this.emit('upload', { uploadId }),
      onPart: ({ partNumber, size, etag }) => {
        this.emit('part', { partNumber, size, etag })
        this.#progress(size)
      },
      onFailure: error => this.destroy(error as Error),
    })
    // Not by super(): a signal that is aborted already would destroy a stream that has no fields yet.
    if (settings.signal) addAbortSignal(settings.signal, this)
  }

  /** @internal */
  override _write(
    chunk: Uint8Array,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    this.#pending = { chunks: [chunk], index: 0, offset: 0, callback }
    this.#store()
  }

  /** @internal */
  override _writev(chunks: { chunk: Uint8Array }[], callback: (error?: Error | null) => void): void {
    this.#pending = { chunks: chunks.map(({ chunk }) => chunk), index: 0, offset: 0, callback }
    this.#store()
  }

  /** @internal */
  override _final(callback: (error?: Error | null) => void): void {
    this.#finish().then(() => callback(), callback)
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#upstream.release()
    this.#end(error).then(() => callback(error), callback)
  }

  /** Copies what is pending into parts, as far as there is room, and comes back when there is more. */
  #store(): void {
    const write = this.#pending
    if (write === undefined) return
    try {
      if (!this.#copy(write)) {
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

  /** Returns whether everything was copied, and nothing is full that cannot be sent yet. */
  #copy(write: PendingWrite): boolean {
    for (; write.index < write.chunks.length; write.index++, write.offset = 0) {
      const chunk = write.chunks[write.index]!
      while (write.offset < chunk.length) {
        const part = this.#roomyPart()
        if (part === undefined) return false
        const taken = part.append(chunk, write.offset)
        write.offset += taken
        this.#bytes += taken
      }
    }
    return this.#part?.full !== true || this.#sendPart()
  }

  /** A part that takes bytes; `undefined` while there may be none. */
  #roomyPart(): PartBuffer | undefined {
    if (this.#part?.full === true && !this.#sendPart()) return undefined
    if (this.#part) return this.#part
    const { sizes, target } = this.#settings
    const partNumber = this.#uploads.started + 1
    if (partNumber > MAX_PARTS) throw this.#tooLarge()
    const size = partSizeAt(partNumber, sizes)
    if (this.#uploads.active > concurrencyAt(size, sizes)) return undefined
    return (this.#part = new PartBuffer(size, this.#pool, target.checksum === 'crc32'))
  }

  /** Sends the part, unless as many are under way as may be. */
  #sendPart(): boolean {
    const part = this.#part!
    if (this.#uploads.active >= concurrencyAt(part.capacity, this.#settings.sizes)) return false
    this.#part = undefined
    this.#uploads.start(part)
    return true
  }

  async #finish(): Promise<void> {
    const whole = this.#uploads.started === 0 ? this.#wholeObject() : undefined
    while (!whole && this.#part && !this.#sendPart()) await this.#uploads.next()
    await this.#uploads.settled()
    this.#assertAlive()
    const summary = this.#summary(whole)
    await this.#mayCommit(summary)
    this.#assertAlive()
    const commit = whole ? putObject(this.#requests, whole) : this.#uploads.commit()
    this.#commit = commit.then(ignore, (error: unknown) => error)
    const { confirmed, etag, versionId } = await commit
    const checksum = summary.checksum && { ...summary.checksum, confirmed }
    this.#resolve({ ...summary, etag, versionId, checksum })
    if (whole) this.#progress(whole.size)
  }

  /** All there is, where it is less than one part. */
  #wholeObject(): PartBuffer {
    const whole = this.#part ?? new PartBuffer(0, this.#pool, this.#settings.target.checksum === 'crc32')
    return whole
  }

  #summary(whole: PartBuffer | undefined): UploadSummary {
    const { location, checksum } = this.#settings.target
    const parts = this.#uploads.stored
    const { etag, crc32 } = expectedOf(parts, checksum === 'crc32')
    const sum = whole ? whole.crc32 : crc32
    return {
      ...location,
      bytes: this.#bytes,
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
    const said = cause instanceof Error ? `: ${cause.message}` : ''
    throw new S3Error(
      'AVIO_ERR_COMMIT_REFUSED',
      `${formatS3Uri(summary)} was not stored: its beforeCommit said no${said}`,
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
    const first = (failure ?? reason) as Error
    try {
      // What is not known to have failed must not be made to fail.
      const isOpen = first instanceof S3Error && first.code === 'AVIO_ERR_OUTCOME_UNKNOWN'
      if (!isStored && !isOpen) await this.#uploads.discard()
    } catch (cleanupError) {
      Reflect.defineProperty(first, 'cleanupError', { value: cleanupError, enumerable: true })
      if (error === null) throw cleanupError
    } finally {
      this.#part = undefined
      this.#pool.clear()
      this.#reject(first)
    }
  }

  #progress(bytes: number): void {
    this.#stored = { bytes: this.#stored.bytes + bytes, parts: this.#stored.parts + 1 }
    this.emit('progress', this.#stored)
  }

  #assertAlive(): void {
    if (this.destroyed) throw this.#destroyedEarly()
  }

  #destroyedEarly(): S3Error {
    const { location } = this.#settings.target
    const message = `The stream to ${formatS3Uri(location)} was destroyed before its end, and nothing was stored.`
    return new S3Error('AVIO_ERR_UPLOAD_FAILED', message, location)
  }

  #tooLarge(): S3Error {
    const { target, sizes } = this.#settings
    const limit = maxObjectSize(sizes)
    const message =
      `${formatS3Uri(target.location)}: ${MAX_PARTS} parts from ${sizes.partSize} bytes up end at ${limit} bytes, ` +
      `and there is more. Raise "partSize"${sizes.partGrowth ? '' : ', or leave "partGrowth" on'}.`
    return new S3Error('AVIO_ERR_OBJECT_TOO_LARGE', message, { ...target.location, byteOffset: limit })
  }
}

const ignore = () => undefined

/** Typed listeners, beside those that every stream has. */
export interface S3MultipartWritable {
  on<K extends keyof S3MultipartWritableEvents>(
    event: K,
    listener: (...args: S3MultipartWritableEvents[K]) => void,
  ): this
  on(event: string | symbol, listener: (...args: never[]) => void): this
  once<K extends keyof S3MultipartWritableEvents>(
    event: K,
    listener: (...args: S3MultipartWritableEvents[K]) => void,
  ): this
  once(event: string | symbol, listener: (...args: never[]) => void): this
  off<K extends keyof S3MultipartWritableEvents>(
    event: K,
    listener: (...args: S3MultipartWritableEvents[K]) => void,
  ): this
  off(event: string | symbol, listener: (...args: never[]) => void): this
}

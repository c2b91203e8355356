import { Writable } from 'node:stream'
import { destroyOnAbort } from '../async/abort-listeners.js'
import { AvioError, FileError, isError } from '../../errors.js'
import { giveBack } from '../memory/loans.js'
import { CommitGate } from '../pipeline/commit-gate.js'
import { FileWriterLayout } from './file-writer-layout.js'
import {
  type FileResult,
  type FileWritableOptions,
  type FileWritableSettings,
  fileWritableSettings,
} from './file-writable-options.js'
import { type ClaimedHeader, headerOfAnother } from '../pipeline/header-claim.js'
import { COMMIT, type CommitHook } from '../pipeline/commit-hook.js'
import { AtomicFile } from './atomic-file.js'
import { Upstream } from '../pipeline/upstream.js'
import type { TypedListener, WritableEvents } from '../pipeline/typed-listeners.js'
import { reportStage } from '../diagnostics/report-stage.js'

/** A file that has been started: its layout, and the header that goes in front. */
interface Begun {
  readonly file: AtomicFile
  readonly layout: FileWriterLayout
  readonly head: ClaimedHeader | undefined
}

/**
 * Writes one file, all or nothing: the counterpart of `S3MultipartWritable` for a disk.
 *
 * Guarantees
 * - Nothing is visible at the path, and an existing file stays, until everything upstream has ended
 *   successfully, everything is on the disk, and `beforeCommit` has not refused; then the file appears
 *   atomically. `'finish'` comes only after that.
 * - An error, a `destroy()` or an abort before that leaves nothing behind. Bytes are written to a temporary
 *   file in the same directory, `.name.<random>.partial`, which is removed before `'close'`; only a killed
 *   process leaves it.
 * - A header that the source knows only at the end (the index of an ordinary MP4) is claimed, and put in front
 *   of everything else (`docs/file-writable.md` explains how); it never fails for lack of room.
 * - It works with a plain `pipe()`: a source that fails or closes early destroys this stream too.
 *
 * Memory: `highWaterMark`; with a deferred header `headerHoldSize` and the header, or 1 MiB while bytes are
 * moved.
 *
 * Errors: {@link FileError} `AVIO_ERR_FILE_WRITE` and `AVIO_ERR_FILE_EXISTS`; {@link AvioError}
 * `AVIO_ERR_COMMIT_REFUSED`, `AVIO_ERR_HEADER_UNCLAIMED`. A failed clean-up is attached to the first error as
 * `cleanupError`.
 *
 * @example
 * ```ts
 * const sink = new FileWritable({ path: 'talk.mp4', overwrite: false })
 * await pipeline(reader, sink)
 * const { bytes } = await sink.result
 * ```
 */
export class FileWritable extends Writable {
  /**
   * Settles after everything is over: resolves when the file is in place; rejects with the stream's first error
   * if it is not, and nothing is left behind. Safe to ignore: it never causes an unhandled rejection.
   */
  readonly result: Promise<FileResult>
  readonly #settings: FileWritableSettings
  readonly #upstream: Upstream
  readonly #holds = new CommitGate()
  #resolve!: (result: FileResult) => void
  #reject!: (error: Error) => void
  #begun: Promise<Begun> | undefined
  /** The pending file operation. Never rejects. */
  #step: Promise<unknown> = Promise.resolve()
  /** Set from the moment the file may be visible. Never rejects; resolves with the reason if it is not. */
  #commit: Promise<unknown> | undefined

  /** @throws {@link OptionError} `AVIO_ERR_OPTION` for an invalid option, before anything is written */
  constructor(options: FileWritableOptions) {
    const settings = fileWritableSettings(options)
    super({ highWaterMark: settings.highWaterMark })
    this.#settings = settings
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.result.catch(() => undefined)
    this.#upstream = new Upstream(this, 'FileWritable', { claimsHeader: true, givesBack: () => true })
    reportStage(this, 'FileWritable', settings.path)
    // Not through super(): an already aborted signal would destroy a stream that has no fields yet.
    destroyOnAbort(settings.signal, this)
  }

  /**
   * Makes the commit wait for others: see {@link CommitHook}. `open` is called once everything is on the disk
   * and `beforeCommit` has passed.
   * @internal
   */
  get [COMMIT](): CommitHook {
    return this.#holds.offer(this.result, this.#settings.path)
  }

  /** @internal */
  override _write(
    chunk: Uint8Array,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    this.#take(this.#write([chunk]), callback)
  }

  /** @internal */
  override _writev(chunks: { chunk: Uint8Array }[], callback: (error?: Error | null) => void): void {
    this.#take(this.#write(chunks.map(({ chunk }) => chunk)), callback)
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

  #take(step: Promise<void>, callback: (error?: Error | null) => void): void {
    this.#step = step.then(() => callback(), callback)
  }

  /** Creates the temporary file, at the first byte or the end. */
  #begin(): Promise<Begun> {
    return (this.#begun ??= this.#open(this.#upstream.header))
  }

  async #open(head: ClaimedHeader | undefined): Promise<Begun> {
    const { place, overwrite, mode } = this.#settings
    const file = await AtomicFile.create({ path: place, overwrite, mode })
    return { file, layout: new FileWriterLayout(file, head, this.#settings), head }
  }

  async #write(chunks: readonly Uint8Array[]): Promise<void> {
    const { layout } = await this.#begin()
    this.#assertAlive()
    await layout.write(chunks)
    chunks.forEach(giveBack)
  }

  async #finish(): Promise<void> {
    const storing = this.#store()
    this.#step = storing.catch(() => undefined)
    const { file, bytes } = await storing
    const { path, overwrite } = this.#settings
    await this.#mayCommit({ path, bytes })
    this.#assertAlive()
    await this.#holds.opened(path)
    this.#assertAlive()
    const commit = file.commit(overwrite)
    this.#commit = commit.then(
      () => undefined,
      (error: unknown) => error,
    )
    await commit
    this.#resolve({ path, bytes })
  }

  /** Flushes everything to the disk. */
  async #store(): Promise<{ file: AtomicFile; bytes: number }> {
    const { file, layout, head } = await this.#begin()
    this.#assertAlive()
    if (head !== this.#upstream.header) throw headerOfAnother('a FileWritable', this.#settings.path)
    const bytes = await layout.finish()
    this.#assertAlive()
    await file.close()
    this.#assertAlive()
    return { file, bytes }
  }

  async #mayCommit(summary: FileResult): Promise<void> {
    let cause: unknown
    try {
      if ((await this.#settings.beforeCommit?.(summary)) !== false) return
    } catch (error) {
      cause = error
    }
    const said = isError(cause) ? `: ${cause.message}` : ''
    const message = `${summary.path} was not written: beforeCommit refused it${said}`
    throw new AvioError('AVIO_ERR_COMMIT_REFUSED', message, { cause })
  }

  /**
   * Ends everything, on success or failure. Rejects only if the clean-up failed and there is no other error.
   */
  async #end(error: Error | null): Promise<void> {
    const failure = await this.#commit
    const isStored = this.#commit !== undefined && failure === undefined
    const first = (failure ?? error ?? this.#destroyedEarly()) as Error
    try {
      if (!isStored) await this.#discard()
    } catch (cleanupError) {
      Reflect.defineProperty(first, 'cleanupError', { value: cleanupError, enumerable: true })
      if (error === null) throw cleanupError
    } finally {
      this.#reject(first)
    }
  }

  async #discard(): Promise<void> {
    const begun = await this.#begun?.catch(() => undefined)
    await begun?.file.discard()
    await this.#step
  }

  #assertAlive(): void {
    if (this.destroyed) throw this.#destroyedEarly()
  }

  #destroyedEarly(): FileError {
    const { path } = this.#settings
    const message = `The stream to ${path} was destroyed before its end, and nothing was written.`
    return new FileError('AVIO_ERR_FILE_WRITE', message, { path })
  }
}

/** Listeners, typed by the event; a name that is no event does not compile. */
export interface FileWritable {
  /** Adds a listener for an event. */
  on<Name extends keyof WritableEvents>(event: Name, listener: TypedListener<WritableEvents, Name>): this
  /** Adds a listener that is called once, at the next such event. */
  once<Name extends keyof WritableEvents>(event: Name, listener: TypedListener<WritableEvents, Name>): this
  /** Removes a listener. */
  off<Name extends keyof WritableEvents>(event: Name, listener: TypedListener<WritableEvents, Name>): this
}

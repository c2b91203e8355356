import { Duplex, addAbortSignal } from 'node:stream'
import type { RandomAccess } from '../io/random-access.js'
import { Upstream } from '../io/upstream.js'
import type { FfmpegTransformEvents, SeekReason } from './ffmpeg-events.js'
import { FfmpegJob } from './ffmpeg-job.js'
import type { FfmpegTransformOptions } from './ffmpeg-options.js'
import type { FfmpegRun } from './ffmpeg-run.js'
import { type TransformSettings, transformSettings } from './ffmpeg-settings.js'
import { Head } from './head.js'
import { discardLimit, emptyInput, needsSeek, noRandomAccess } from './input-error.js'
import { previewBytes } from './preview.js'
import { interleaveBytes, isFarApart, jumpOf } from './seek-decision.js'
import { isMp4Demuxer } from './sniff.js'

type Callback = (error?: Error | null) => void

/**
 * ffmpeg as a stream: what is written goes to its stdin, what is read comes from its stdout.
 *
 * Guarantees
 * - The readable side ends only when ffmpeg exited with 0, all of its output was delivered and is not empty, and the
 *   input was whole: either its end was written, or ffmpeg closed it first (`-t 5`) and the source has ended since.
 *   Everything else is an error: another exit code, a signal, an input that ffmpeg calls partial, an MP4 index that
 *   lost its size (`AVIO_ERR_OUTPUT_NOT_SEEKABLE`: ffmpeg exits with 0 over it).
 * - Backpressure in both directions. ffmpeg is started by the first bytes of input; until then nothing runs.
 * - An input that can't be read in order (an MP4 with its index last), or should not be, is read by address: through
 *   a range server on loopback that lives as long as the child, from the random access that the source offers by its
 *   link (S3RangeReadable does). The source is stopped, what it delivered is not fetched again, and every read sees the
 *   same version. Without random access, what needs it is refused as soon as that is known, a few bytes into the file
 *   (`AVIO_ERR_INPUT_NEEDS_SEEK`). A source that breaks fails the stage with its own error.
 * - After `'close'` the child is reaped, and no timer, listener or pipe is left. Where Linux has `setpriv`, the child
 *   dies with this process even when that is killed.
 *
 * On failure nothing is left but what was read from the stream so far, which no end has declared whole.
 *
 * Memory, beside ffmpeg's own: at most 2 × `highWaterMark` + `sniffSize` + four chunks (one each on its way in and
 * out). Until ffmpeg is started, up to 8 MiB of the input's head instead, where a choice depends on it (an MP4's
 * cover art, the AAC of a transport stream, whether the tracks lie far apart). An input that is read by address costs
 * `cacheSize` in place of the way in.
 *
 * Errors: {@link FfmpegError}, whose codes are listed with causes and remedies in `docs/errors.md`.
 *
 * @example
 * ```ts
 * await pipeline(
 *   createReadStream('talk.avi'),
 *   new FfmpegTransform({ output: { format: 'mp4', args: ['-c:v', 'libx264', '-c:a', 'aac'] } }),
 *   createWriteStream('talk.mp4'),
 * )
 * ```
 */
export class FfmpegTransform extends Duplex {
  readonly #settings: TransformSettings
  readonly #upstream: Upstream
  readonly #head: Head
  readonly #jump: ReturnType<typeof jumpOf>
  #job: FfmpegJob | undefined
  #run: FfmpegRun | undefined
  /** The callback of a write that ffmpeg did not take, or of the end: its exit tells what becomes of it. */
  #waiting: (() => void) | undefined
  /** ffmpeg reads by address: what is still written is thrown away. */
  #isSeeking = false
  /** ffmpeg ended well: what is still written is thrown away. */
  #isOver = false
  #isStopped = false
  #discarded = 0
  #isInputComplete = false
  #isOutputComplete = false

  /**
   * @throws {@link OptionError} for an option that breaks its rule
   * @throws {@link FfmpegError} `AVIO_ERR_MUXER_NOT_STREAMABLE`, `AVIO_ERR_ARGUMENT_REFUSED`
   */
  constructor(options: FfmpegTransformOptions) {
    const settings = transformSettings(options, 'FfmpegTransform')
    super({ highWaterMark: settings.highWaterMark })
    const { input, output, sniffSize, signal } = settings
    this.#settings = settings
    this.#upstream = new Upstream(this, 'FfmpegTransform')
    this.#jump = jumpOf(input.args)
    this.#head = new Head({
      window: sniffSize,
      sniff: input.format === undefined || isMp4Demuxer(input.format),
      wanted: head => Math.max(previewBytes(head, [output]), this.#maySeek() ? interleaveBytes(head) : 0),
    })
    // Not by super({ signal }): of one that is aborted already, _destroy would run before the fields are there.
    if (signal) addAbortSignal(signal, this)
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#take([chunk], callback)
  }

  /** @internal */
  override _writev(items: { chunk: Buffer }[], callback: Callback): void {
    this.#take(
      items.map(item => item.chunk),
      callback,
    )
  }

  /** @internal */
  override _final(callback: Callback): void {
    const done = () => {
      this.#isInputComplete = true
      callback()
      this.#endWhenComplete()
    }
    // The end counts as written when ffmpeg has ended well, so that whoever waits for 'finish' learns of a failure.
    const end = (run: FfmpegRun) => run.inputs[0]!.end(() => this.#whenOver(done))
    if (this.#isOver || this.#isSeeking) this.#whenOver(done)
    else if (this.#run) end(this.#run)
    else if (this.#head.length === 0) callback(emptyInput())
    else this.#begin().then(run => this.#send(run, [this.#head.release()], () => end(run)), callback)
  }

  /** @internal */
  override _read(): void {
    this.#run?.outputs[0]!.resume()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: Callback): void {
    this.#upstream.release()
    ;(this.#job?.kill() ?? Promise.resolve()).then(
      () => callback(error),
      (cleanup: unknown) => callback(error ?? (cleanup as Error)),
    )
  }

  #take(chunks: readonly Buffer[], callback: Callback): void {
    if (this.#isOver || this.#isSeeking) {
      this.#discard(chunks, callback)
    } else if (this.#run) {
      // An index can also come late, behind media that were few enough at first.
      if (!chunks.every(chunk => this.#head.look(chunk))) callback(needsSeek(this.#head.mdat!))
      else this.#send(this.#run, chunks, callback)
    } else {
      for (const chunk of chunks) {
        this.#head.look(chunk)
        this.#head.hold(chunk)
      }
      this.#decide(callback)
    }
  }

  /** How the input is to be read, as soon as the head tells. */
  #decide(callback: Callback): void {
    const access = this.#maySeek() ? this.#upstream.link?.randomAccess : undefined
    const { seek } = this.#settings.input
    const reason = this.#reasonToSeek()
    if (reason !== undefined && access !== undefined) this.#seek(access, reason, callback)
    else if (seek === 'always') callback(noRandomAccess('"input.seek"'))
    else if (this.#jump?.needsSeek === true) callback(noRandomAccess(`"${this.#jump.token}"`))
    else if (reason === 'index-last') callback(needsSeek(this.#head.mdat!))
    else if (!this.#head.isEnough()) callback()
    else if (access !== undefined && isFarApart(this.#head.bytes())) this.#seek(access, 'far-apart', callback)
    else this.#begin().then(run => this.#send(run, [this.#head.release()], callback), callback)
  }

  #reasonToSeek(): SeekReason | undefined {
    if (this.#settings.input.seek === 'always') return 'option'
    if (this.#head.needsSeek) return 'index-last'
    return this.#jump && 'arguments'
  }

  #maySeek(): boolean {
    return this.#settings.input.seek !== 'never' && this.#upstream.link?.randomAccess !== undefined
  }

  /** Has ffmpeg read by address. The source is not needed any more, and what came of it is known already. */
  #seek(access: RandomAccess, reason: SeekReason, callback: Callback): void {
    this.#isSeeking = true
    const head = this.#head.release()
    this.#isStopped = this.#upstream.stop()
    this.emit('seek', { reason, bytesSniffed: head.length, stopped: this.#isStopped })
    this.#start(access, head).catch((error: unknown) => this.destroy(error as Error))
    callback()
  }

  /** Has ffmpeg read from its pipe. */
  #begin(): Promise<FfmpegRun> {
    return this.#start(undefined, this.#head.bytes())
  }

  async #start(source: RandomAccess | undefined, head: Buffer): Promise<FfmpegRun> {
    const { input, output } = this.#settings
    const job = new FfmpegJob(
      {
        ...this.#settings,
        inputs: [{ ...input, source, head }],
        outputs: [{ ...output, push: chunk => this.push(chunk) }],
      },
      {
        onSpawn: child => this.emit('spawn', child),
        onLog: entry => this.emit('log', entry),
        onProgress: progress => !this.destroyed && this.emit('progress', progress),
        onError: error => this.destroy(error),
      },
    )
    this.#job = job
    this.#askForSize(job)
    this.#run = await job.start()
    this.#conclude(job).catch((error: unknown) => this.destroy(error as Error))
    return this.#run
  }

  #send(run: FfmpegRun, chunks: readonly Buffer[], callback: () => void): void {
    run.inputs[0]!.write(chunks, lengthOf(chunks), () => this.#settle(run, callback))
  }

  /** ffmpeg has taken a write; or has closed its input, and then only its exit tells whether that was well. */
  #settle(run: FfmpegRun, callback: () => void): void {
    if (run.inputs[0]!.isClosed) this.#whenOver(callback)
    else callback()
  }

  #whenOver(callback: () => void): void {
    if (this.#isOver) callback()
    else this.#waiting = callback
  }

  #discard(chunks: readonly Buffer[], callback: Callback): void {
    const limit = this.#settings.discardLimit
    if (!this.#isStopped) this.#discarded += lengthOf(chunks)
    callback(this.#discarded > limit ? discardLimit(limit) : null)
  }

  /** Waits for the run's end and draws the conclusions. */
  async #conclude(job: FfmpegJob): Promise<void> {
    await job.endedWell(() => this.#head.mdat !== undefined)
    if (this.destroyed) return
    this.#isOver = true
    if (!this.writableEnded && !this.#isSeeking) this.#enough(job)
    this.#waiting?.()
    await job.deliveredAll()
    this.#isOutputComplete = true
    this.#endWhenComplete()
  }

  #enough(job: FfmpegJob): void {
    this.#isStopped = this.#upstream.stop()
    this.emit('enough', { stopped: this.#isStopped, bytesIn: job.bytesIn })
  }

  /**
   * The end comes last, after the source's too: until then the source may fail, or hold more than may be thrown
   * away, and a sink that has seen the end could no longer take back what it stored.
   */
  #endWhenComplete(): void {
    if (this.#isInputComplete && this.#isOutputComplete) this.push(null)
  }

  /** For inputs of which ffmpeg does not know how long they are. The source has delivered bytes: it has the answer. */
  #askForSize(job: FfmpegJob): void {
    const access = this.#upstream.link?.randomAccess
    if (access !== undefined && this.listenerCount('progress') > 0) job.measure(access)
  }
}

/** Typed listeners, beside those that every stream has. */
export interface FfmpegTransform {
  on<K extends keyof FfmpegTransformEvents>(
    event: K,
    listener: (...args: FfmpegTransformEvents[K]) => void,
  ): this
  on(event: string | symbol, listener: (...args: never[]) => void): this
  once<K extends keyof FfmpegTransformEvents>(
    event: K,
    listener: (...args: FfmpegTransformEvents[K]) => void,
  ): this
  once(event: string | symbol, listener: (...args: never[]) => void): this
  off<K extends keyof FfmpegTransformEvents>(
    event: K,
    listener: (...args: FfmpegTransformEvents[K]) => void,
  ): this
  off(event: string | symbol, listener: (...args: never[]) => void): this
}

function lengthOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0)
}

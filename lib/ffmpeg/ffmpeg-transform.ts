import { Duplex, addAbortSignal } from 'node:stream'
import { Upstream } from '../io/upstream.js'
import { ffmpegArguments } from './arguments.js'
import { BoxSizeGuard } from './box-size-guard.js'
import { Completion } from './completion.js'
import type { FfmpegTransformEvents } from './ffmpeg-events.js'
import { type FfmpegTransformOptions, type Settings, transformSettings } from './ffmpeg-options.js'
import { FfmpegRun } from './ffmpeg-run.js'
import { muxerOf } from './formats.js'
import { Head } from './head.js'
import { discardLimit, emptyInput, needsSeek } from './input-error.js'
import { locateFfmpeg } from './locate.js'
import type { FfmpegLogEntry } from './log.js'
import { previewArguments, previewBytes } from './preview.js'
import type { FfmpegProgress } from './progress.js'
import { isMp4Demuxer } from './sniff.js'

/** File descriptors of the child. */
const STDIN = 0
const STDOUT = 1
const PROGRESS = 3

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
 * - An MP4 whose media come before its index can't be read from a pipe. It is refused as soon as that is known, a
 *   few bytes into the file (`AVIO_ERR_INPUT_NEEDS_SEEK`).
 * - After `'close'` the child is reaped, and no timer, listener or pipe is left. Where Linux has `setpriv`, the child
 *   dies with this process even when that is killed.
 *
 * On failure nothing is left but what was read from the stream so far, which no end has declared whole.
 *
 * Memory, beside ffmpeg's own: at most 2 × `highWaterMark` + `sniffSize` + four chunks (one each on its way in and
 * out). Until ffmpeg is started, up to 8 MiB of the input's head instead, where a choice depends on it (an MP4's
 * cover art, the AAC of a transport stream).
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
  readonly #settings: Settings
  readonly #upstream: Upstream
  readonly #abort = new AbortController()
  readonly #head: Head
  readonly #completion: Completion
  #starting: Promise<FfmpegRun> | undefined
  #run: FfmpegRun | undefined
  /** The callback of a write that ffmpeg did not take, or of the end: its exit tells what becomes of it. */
  #waiting: (() => void) | undefined
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
    this.#completion = new Completion(input.args, output.args)
    this.#head = new Head({
      window: sniffSize,
      sniff: input.format === undefined || isMp4Demuxer(input.format),
      wanted: head => previewBytes(head, [output]),
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
    if (this.#isOver) done()
    else if (this.#run) end(this.#run)
    else if (this.#head.length === 0) callback(emptyInput())
    else this.#start().then(run => this.#send(run, [this.#head.release()], () => end(run)), callback)
  }

  /** @internal */
  override _read(): void {
    this.#run?.outputs[0]!.resume()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: Callback): void {
    this.#abort.abort()
    this.#upstream.release()
    this.#reap().then(
      () => callback(error),
      (cleanup: unknown) => callback(error ?? (cleanup as Error)),
    )
  }

  #take(chunks: readonly Buffer[], callback: Callback): void {
    if (this.#isOver) {
      this.#discard(chunks, callback)
    } else if (!chunks.every(chunk => this.#head.look(chunk))) {
      callback(needsSeek(this.#head.mdat!))
    } else if (this.#run) {
      this.#send(this.#run, chunks, callback)
    } else {
      for (const chunk of chunks) this.#head.hold(chunk)
      if (!this.#head.isEnough()) callback()
      else this.#start().then(run => this.#send(run, [this.#head.release()], callback), callback)
    }
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

  #start(): Promise<FfmpegRun> {
    return (this.#starting = this.#spawn())
  }

  async #spawn(): Promise<FfmpegRun> {
    const { ffmpegPath, input, output, globalArgs, env, killTimeout } = this.#settings
    const { signal } = this.#abort
    this.#askForSize()
    const path = await locateFfmpeg(ffmpegPath)
    const inputs = [{ url: `pipe:${STDIN}`, protocols: ['pipe'], ...input }]
    const outputs = [{ url: `pipe:${STDOUT}`, ...output }]
    const heads = inputs.map(spec => ({ spec, head: this.#head.bytes() }))
    const added = await previewArguments({ inputs: heads, outputs, ffmpegPath: path, env, signal })
    signal.throwIfAborted()
    const args = ffmpegArguments({
      inputs,
      outputs: outputs.map((spec, n) => ({ ...spec, added: added[n] })),
      globalArgs,
      progressUrl: `pipe:${PROGRESS}`,
    })
    const guard = muxerOf(output.format).isMp4 ? new BoxSizeGuard() : undefined
    const push = (chunk: Buffer) => this.#pass(chunk, guard)
    const run = await FfmpegRun.start(
      {
        ...{ path, args, env, killTimeout, progress: PROGRESS, inputs: [STDIN] },
        outputs: [{ fd: STDOUT, format: output.format, push }],
      },
      { onLog: entry => this.#onLog(entry), onProgress: report => this.#onProgress(report) },
    )
    this.#run = run
    this.#conclude(run).catch((error: unknown) => this.destroy(error as Error))
    signal.throwIfAborted()
    this.emit('spawn', { path, args, pid: run.pid })
    return run
  }

  /** A box that lost its size is an error the moment it comes: what follows it can't be read. */
  #pass(chunk: Buffer, guard: BoxSizeGuard | undefined): boolean {
    try {
      guard?.check(chunk)
    } catch (error) {
      this.destroy(error as Error)
      return false
    }
    return this.push(chunk)
  }

  /** Waits for the run's end and draws the conclusions. */
  async #conclude(run: FfmpegRun): Promise<void> {
    await run.endedWell(() => this.#head.mdat !== undefined)
    if (this.destroyed) return
    this.#isOver = true
    if (!this.writableEnded) this.#enough(run)
    this.#waiting?.()
    await run.deliveredAll()
    this.#isOutputComplete = true
    this.#endWhenComplete()
  }

  #enough(run: FfmpegRun): void {
    this.#isStopped = this.#upstream.stop()
    this.emit('enough', { stopped: this.#isStopped, bytesIn: run.inputs[0]!.bytes })
  }

  /**
   * The end comes last, after the source's too: until then the source may fail, or hold more than may be thrown
   * away, and a sink that has seen the end could no longer take back what it stored.
   */
  #endWhenComplete(): void {
    if (this.#isInputComplete && this.#isOutputComplete) this.push(null)
  }

  #onLog(entry: FfmpegLogEntry): void {
    this.#completion.see(entry)
    this.emit('log', entry)
  }

  #onProgress(report: FfmpegProgress): void {
    if (this.destroyed || this.listenerCount('progress') === 0) return
    const percent = this.#completion.percent(report, this.#run?.inputs[0]!.bytes ?? 0)
    this.emit('progress', percent === undefined ? report : { ...report, percent })
  }

  /** For inputs of which ffmpeg does not know how long they are. The source has delivered bytes: it has the answer. */
  #askForSize(): void {
    if (this.listenerCount('progress') === 0) return
    this.#upstream.link?.randomAccess?.size(this.#abort.signal).then(
      size => (this.#completion.inputSize = size),
      () => undefined,
    )
  }

  async #reap(): Promise<void> {
    await this.#starting?.catch(() => undefined)
    await this.#run?.kill()
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

import { Duplex } from 'node:stream'
import { destroyOnAbort } from '../io/async/abort-listeners.js'
import { ACTIVITY, type Activity } from '../io/monitor/activity.js'
import { endWhenUnconsumed } from '../io/pipeline/end-unconsumed.js'
import { type Link, LINK } from '../io/pipeline/link.js'
import { tell } from '../io/async/user-event.js'
import type { FfmpegTransformEvents } from './run/ffmpeg-events.js'
import { FfmpegFlow } from './run/ffmpeg-flow.js'
import type { FfmpegTransformOptions } from './ffmpeg-options.js'
import { transformSettings } from './check-options.js'
import { flowListener } from './run/flow-listener.js'
import type { InputStreamInfo } from './streams/input-info.js'
import { PipedInput } from './run/piped-input.js'
import { PipedOutput } from './output/piped-output.js'
import type { TypedListener } from '../io/pipeline/typed-listeners.js'
import { reportStage } from '../io/diagnostics/report-stage.js'

type Callback = (error?: Error | null) => void

/**
 * ffmpeg as a stream: writes go to its stdin, reads come from its stdout.
 *
 * Guarantees
 * - The readable side ends only after ffmpeg exited with 0, all of its output was delivered and is not empty, and the
 *   input was complete: either its end was written, or ffmpeg closed it first (`-t 5`) and the source has ended since.
 *   Everything else is an error: another exit code, a signal, an input that ffmpeg reports as partial, an MP4 index
 *   whose size is missing (`AVIO_ERR_OUTPUT_NOT_SEEKABLE`: ffmpeg exits with 0 despite it).
 * - Backpressure works in both directions. ffmpeg starts at the first bytes of input.
 * - An input that can't be read in order (an MP4 with its index last), or should not be, is read by seeking: through a
 *   range server on loopback that lives as long as the child, with the random access of the source (S3RangeReadable has
 *   it). The source stream is stopped, its bytes are not fetched again, and every read sees the same version. Without
 *   random access, an input that needs it is rejected as soon as that is known, a few bytes into the file
 *   (`AVIO_ERR_INPUT_NEEDS_SEEK`). A source that fails, fails the stage with its own error.
 * - After `'close'` the child is reaped, and no timer, listener or pipe is left. On Linux with `setpriv`, the child
 *   dies with this process, even if this process is killed.
 *
 * On failure nothing is left except the data already read, and the stream does not end.
 *
 * Memory, in addition to ffmpeg's own: at most 2 × `highWaterMark` + `sniffSize` + four chunks (one each on its way in
 * and out), and the block of 256 KiB into which its output is read. Until ffmpeg starts, up to 8 MiB of the input's
 * head instead, if a decision depends on it (an MP4's cover art, the AAC of a transport stream, whether the tracks lie
 * far apart). An input read by seeking costs `cacheSize` instead of the input side. The layout `file` of an MP4 adds
 * its sample tables: see `FaststartMp4`.
 *
 * Errors: {@link FfmpegError}; `docs/errors.md` lists its codes with causes and remedies.
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
  readonly #flow: FfmpegFlow
  readonly #input: PipedInput
  readonly #output: PipedOutput

  /**
   * @throws {@link OptionError} for an option that breaks its rule
   * @throws {@link FfmpegError} `AVIO_ERR_MUXER_NOT_STREAMABLE`, `AVIO_ERR_ARGUMENT_REFUSED`
   */
  constructor(options: FfmpegTransformOptions) {
    const name = 'FfmpegTransform'
    const settings = transformSettings(options, name)
    super({ highWaterMark: settings.highWaterMark })
    const { input, output, signal } = settings
    this.#input = new PipedInput(this, name, { ...settings, ...input }, [output], {
      onDecided: () => this.#flow.begin(),
      onSeek: seek => tell(this, 'seek', seek),
      onEarlyExit: enough => tell(this, 'early-exit', enough),
      onComplete: () => this.#flow.endWhenComplete(),
    })
    this.#output = new PipedOutput(this, name, output, {
      onRead: () => this.#flow.read(0),
      silentTracks: () => this.#flow.silentTracks(0),
    })
    const flows = { inputs: [this.#input], outputs: [this.#output] }
    this.#flow = new FfmpegFlow(settings, flows, flowListener(this))
    reportStage(this, name)
    endWhenUnconsumed(this, name)
    // Not through super({ signal }): with an already aborted signal, _destroy would run before the fields exist.
    destroyOnAbort(signal, this)
  }

  /**
   * What this stream offers its consumer: with layout `file`, the header that is written last.
   * @internal
   */
  get [LINK](): Link {
    return this.#output.link
  }

  /**
   * What a monitor learns of it.
   * @internal
   */
  get [ACTIVITY](): Activity {
    return this.#flow.activity
  }

  /** The streams of the inputs, and the outcome of each; empty before the event `input`. */
  get streams(): readonly InputStreamInfo[] {
    return this.#flow.streams
  }

  /** @internal */
  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#input.take([chunk], callback)
  }

  /** @internal */
  override _writev(items: { chunk: Buffer }[], callback: Callback): void {
    this.#input.take(
      items.map(item => item.chunk),
      callback,
    )
  }

  /** @internal */
  override _final(callback: Callback): void {
    this.#input.end(callback)
  }

  /** @internal */
  override _read(): void {
    this.#output.read()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: Callback): void {
    this.#flow.kill().then(
      () => callback(error),
      (cleanup: unknown) => callback(error ?? (cleanup as Error)),
    )
  }
}

/** Listeners, typed by event; an unknown event name does not compile. */
export interface FfmpegTransform {
  /** Adds a listener for an event. */
  on<Name extends keyof FfmpegTransformEvents>(
    event: Name,
    listener: TypedListener<FfmpegTransformEvents, Name>,
  ): this
  /** Adds a listener that is called once, at the next such event. */
  once<Name extends keyof FfmpegTransformEvents>(
    event: Name,
    listener: TypedListener<FfmpegTransformEvents, Name>,
  ): this
  /** Removes a listener. */
  off<Name extends keyof FfmpegTransformEvents>(
    event: Name,
    listener: TypedListener<FfmpegTransformEvents, Name>,
  ): this
}

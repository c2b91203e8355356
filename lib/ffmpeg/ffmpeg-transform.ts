import { Duplex } from 'node:stream'
import { destroyOnAbort } from '../io/async/abort-listeners.js'
import { type Link, LINK } from '../io/pipeline/link.js'
import { tell } from '../io/async/user-event.js'
import type { FfmpegTransformEvents } from './job/ffmpeg-events.js'
import { FfmpegFlow } from './job/ffmpeg-flow.js'
import type { FfmpegTransformOptions } from './ffmpeg-options.js'
import { transformSettings } from './check-options.js'
import { flowListener } from './job/flow-listener.js'
import type { InputStreamInfo } from './streams/input-info.js'
import { PipedInput } from './job/piped-input.js'
import { PipedOutput } from './output/piped-output.js'
import type { TypedListener } from '../io/pipeline/typed-listeners.js'

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
 * `cacheSize` in place of the way in. The layout `file` of an MP4 adds its sample tables: see `FaststartMp4`.
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
    // Not by super({ signal }): of one that is aborted already, _destroy would run before the fields are there.
    destroyOnAbort(signal, this)
  }

  /**
   * What this stream can do for its consumer: with a layout whose head exists only at the end, that head.
   * @internal
   */
  get [LINK](): Link {
    return this.#output.link
  }

  /** The streams of the inputs, and what becomes of each; none before ffmpeg has told (event `input`). */
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

/** Listeners, typed by the event; a name that is no event does not compile. */
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

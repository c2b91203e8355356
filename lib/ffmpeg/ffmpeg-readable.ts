import { Readable } from 'node:stream'
import { destroyOnAbort } from '../io/async/abort-listeners.js'
import { ACTIVITY, type Activity } from '../io/monitor/activity.js'
import { endWhenUnconsumed } from '../io/pipeline/end-unconsumed.js'
import { type Link, LINK } from '../io/pipeline/link.js'
import type { FfmpegReadableEvents } from './run/ffmpeg-events.js'
import { FfmpegFlow } from './run/ffmpeg-flow.js'
import type { FfmpegReadableOptions } from './ffmpeg-options.js'
import { readableSettings } from './check-options.js'
import { flowListener } from './run/flow-listener.js'
import type { InputStreamInfo } from './streams/input-info.js'
import { PipedOutput } from './output/piped-output.js'
import type { TypedListener } from '../io/pipeline/typed-listeners.js'
import { reportStage } from '../io/diagnostics/report-stage.js'

/**
 * ffmpeg as a source: a stream of its output. It reads one or several inputs by seeking, each from any
 * {@link RandomAccess}.
 *
 * Guarantees, in addition to those of `FfmpegTransform` for the readable side, the child, and the state after a
 * failure:
 * - ffmpeg starts, and the first request is sent, only at the first read.
 * - This process serves the inputs through a range server on loopback that only the child can use, and only while the
 *   child lives. It fetches only what ffmpeg requests, in blocks, each block once as long as it stays in the cache.
 * - A source that fails for good, or changes, fails the stream with the source's own error.
 *
 * Memory, in addition to ffmpeg's own: `cacheSize` + `highWaterMark` + two chunks + 256 KiB. The layout `file` of an
 * MP4 adds its sample tables: see `FaststartMp4`.
 *
 * @example
 * ```ts
 * const video = new S3Source({ client, bucket: 'masters', key: 'talk.mov' })
 * const music = new S3Source({ client, bucket: 'masters', key: 'theme.wav' })
 * await pipeline(
 *   new FfmpegReadable({
 *     inputs: [{ source: video }, { source: music }],
 *     output: { format: 'mp4', args: ['-map', '0:v', '-map', '1:a', '-c:v', 'copy', '-c:a', 'aac', '-shortest'] },
 *   }),
 *   new S3MultipartWritable({ client, bucket: 'web', key: 'talk.mp4' }),
 * )
 * ```
 */
export class FfmpegReadable extends Readable {
  readonly #flow: FfmpegFlow
  readonly #output: PipedOutput

  /**
   * @throws {@link OptionError} for an option that breaks its rule
   * @throws {@link FfmpegError} `AVIO_ERR_MUXER_NOT_STREAMABLE`, `AVIO_ERR_ARGUMENT_REFUSED`
   */
  constructor(options: FfmpegReadableOptions) {
    const name = 'FfmpegReadable'
    const settings = readableSettings(options, name)
    super({ highWaterMark: settings.highWaterMark })
    const { inputs, output, signal } = settings
    this.#output = new PipedOutput(this, name, output, {
      onRead: () => this.#flow.read(0),
      silentTracks: () => this.#flow.silentTracks(0),
    })
    this.#flow = new FfmpegFlow(settings, { inputs, outputs: [this.#output] }, flowListener(this))
    reportStage(this, name)
    endWhenUnconsumed(this, name)
    // Not through super(): an already aborted signal would destroy the stream before its fields exist.
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

  /** Bytes of the inputs fetched so far. */
  get bytesFetched(): number {
    return this.#flow.bytesFetched
  }

  /** Bytes sent to ffmpeg so far: more than were fetched if ffmpeg read some of them twice. */
  get bytesServed(): number {
    return this.#flow.bytesIn
  }

  /** @internal */
  override _read(): void {
    this.#output.read()
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#flow.kill().then(
      () => callback(error),
      (cleanup: unknown) => callback(error ?? (cleanup as Error)),
    )
  }
}

/** Listeners, typed by event; an unknown event name does not compile. */
export interface FfmpegReadable {
  /** Adds a listener for an event. */
  on<Name extends keyof FfmpegReadableEvents>(
    event: Name,
    listener: TypedListener<FfmpegReadableEvents, Name>,
  ): this
  /** Adds a listener that is called once, at the next such event. */
  once<Name extends keyof FfmpegReadableEvents>(
    event: Name,
    listener: TypedListener<FfmpegReadableEvents, Name>,
  ): this
  /** Removes a listener. */
  off<Name extends keyof FfmpegReadableEvents>(
    event: Name,
    listener: TypedListener<FfmpegReadableEvents, Name>,
  ): this
}

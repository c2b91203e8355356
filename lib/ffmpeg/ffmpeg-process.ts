import { EventEmitter } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { onAbortSoon } from '../io/async/abort-listeners.js'
import { ACTIVITY, type Activity } from '../io/monitor/activity.js'
import { AvioError } from '../errors.js'
import { destroyQuietly } from '../io/pipeline/end-unconsumed.js'
import { abortError } from '../io/async/abort-error.js'
import { tell } from '../io/async/user-event.js'
import type { FfmpegProcessEvents } from './run/ffmpeg-events.js'
import { FfmpegFlow } from './run/ffmpeg-flow.js'
import type { FfmpegProcessOptions } from './ffmpeg-options.js'
import { processSettings } from './check-options.js'
import { flowListener } from './run/flow-listener.js'
import { ProcessInput } from './process-input.js'
import { ProcessOutput } from './process-output.js'
import type { InputStreamInfo } from './streams/input-info.js'
import { PipedInput } from './run/piped-input.js'
import { PipedOutput } from './output/piped-output.js'
import type { TypedListener } from '../io/pipeline/typed-listeners.js'

export type { FfmpegProcessOptions } from './ffmpeg-options.js'

/** The result of an {@link FfmpegProcess}. */
export interface FfmpegProcessResult {
  /** The streams of the inputs, and the outcome of each. */
  readonly streams: readonly InputStreamInfo[]
}

/**
 * One ffmpeg with any number of inputs and outputs: a ladder of renditions from one decode, video and audio from two
 * objects, the frames and the audio of one source side by side.
 *
 * Guarantees, in addition to those of `FfmpegTransform` for each input and output, and for the child
 * - ffmpeg starts once it is known how to read each piped input; if all inputs are read by seeking, at the first read
 *   of an output.
 * - All outputs end, or none: each ends only after ffmpeg exited with 0, every input was complete, every output was
 *   delivered and is not empty, and every output has a reader. So no sink stores an incomplete ladder.
 * - The first failure fails all streams with the same error: of an input, of an output, of ffmpeg, or an output
 *   destroyed by its reader.
 * - One slow output holds back all of them, since they share a decoder.
 * - `result` settles when all streams are closed and nothing is left of the child.
 *
 * On failure nothing is left except the data already read, and no output ends.
 *
 * Memory, in addition to ffmpeg's own: for each piped input `highWaterMark` + `sniffSize` + two chunks, and up to 8 MiB
 * of its head until ffmpeg starts; `cacheSize` for all inputs read by seeking; for each output `highWaterMark` +
 * 256 KiB + two chunks, and with layout `file` its sample tables (see `FaststartMp4`).
 *
 * @example
 * ```ts
 * const ffmpeg = new FfmpegProcess({
 *   inputs: [{ source: new S3Source({ client, bucket: 'masters', key: 'talk.mov' }) }],
 *   filterComplex: '[0:v]split[a][b]; [a]scale=-2:720[hd]; [b]scale=-2:360[sd]',
 *   outputs: ['hd', 'sd'].map(rung => ({ format: 'mp4', args: ['-map', `[${rung}]`, '-map', '0:a', '-c:a', 'aac'] })),
 * })
 * const sinkOf = (n: number) => new S3MultipartWritable({ client, bucket: 'web', key: `talk-${n}.mp4` })
 * await Promise.all([...ffmpeg.outputs.map((output, n) => pipeline(output, sinkOf(n))), ffmpeg.result])
 * ```
 */
export class FfmpegProcess extends EventEmitter {
  /** In the order of the options: a stream for each piped input, `undefined` for each input read by seeking. */
  readonly inputs: readonly (Writable | undefined)[]
  /** In the order of the options. */
  readonly outputs: readonly Readable[]
  /**
   * Settles when every stream is closed and nothing is left of the child. Resolves with the outcome of each input
   * stream. Rejects with the first error, or with an `AbortError` after `destroy()` without an error. Never causes an
   * unhandled rejection.
   */
  readonly result: Promise<FfmpegProcessResult>
  readonly #flow: FfmpegFlow
  readonly #streams: readonly (ProcessInput | ProcessOutput)[]
  #failure: { readonly error: Error } | undefined

  /**
   * @throws {@link OptionError} for an option that breaks its rule
   * @throws {@link FfmpegError} `AVIO_ERR_MUXER_NOT_STREAMABLE`, `AVIO_ERR_ARGUMENT_REFUSED`
   */
  constructor(options: FfmpegProcessOptions) {
    super()
    const settings = processSettings(options, 'FfmpegProcess')
    const { highWaterMark, signal } = settings
    const close = (error: Error | undefined) => this.#close(error)
    const isAlone = settings.inputs.length === 1
    const inputs = settings.inputs.map((input, n) => {
      if ('source' in input) return input
      const own = { ...settings, ...input }
      const pipedInput = (stage: Writable, name: string) =>
        new PipedInput(stage, name, own, settings.outputs, this.#inputListener(n), isAlone)
      return new ProcessInput(`inputs[${n}] of FfmpegProcess`, highWaterMark, pipedInput, close)
    })
    const outputs = settings.outputs.map((output, n) => {
      const pipedOutput = (stage: Readable, name: string) =>
        new PipedOutput(stage, name, output, {
          onRead: () => this.#flow.read(n),
          silentTracks: () => this.#flow.silentTracks(n),
        })
      const onWanted = () => this.#flow.endWhenComplete()
      return new ProcessOutput(`outputs[${n}] of FfmpegProcess`, highWaterMark, pipedOutput, onWanted, close)
    })
    this.inputs = inputs.map(input => (input instanceof ProcessInput ? input : undefined))
    this.outputs = outputs
    this.#streams = [...inputs.filter(input => input instanceof ProcessInput), ...outputs]
    const flows = {
      inputs: inputs.map(input => (input instanceof ProcessInput ? input.input : input)),
      outputs: outputs.map(({ output }) => output),
    }
    this.#flow = new FfmpegFlow(settings, flows, flowListener(this))
    this.result = this.#over(signal)
    this.result.catch(() => undefined)
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

  /** Whether it has been destroyed, or has failed. */
  get destroyed(): boolean {
    return this.#failure !== undefined
  }

  /**
   * Destroys every stream with the error and ends ffmpeg. Calling it again, or after the end, does nothing. `result`
   * settles when nothing is left.
   *
   * @param error - the error `result` rejects with
   */
  destroy(error?: Error): this {
    if (this.#failure) return this
    this.#failure = { error: error ?? abortError(AbortSignal.abort()) }
    // A client that disconnects from one output must not crash the process through another one; `result` has the error.
    const isQuiet = error instanceof AvioError && error.code === 'AVIO_ERR_OUTPUT_CLOSED'
    for (const stream of this.#streams) {
      if (isQuiet) destroyQuietly(stream, error)
      else stream.destroy(error)
    }
    return this
  }

  /** Called when a stream closes: unless it has ended, closes all of them. */
  async #close(error: Error | undefined): Promise<void> {
    if (error) this.destroy(error)
    if (this.#failure) await this.#flow.kill()
  }

  async #over(signal: AbortSignal | undefined): Promise<FfmpegProcessResult> {
    const closed = this.#streams.map(stream => new Promise(resolve => stream.once('close', resolve)))
    const abort = () => this.destroy(abortError(signal!))
    const forget = onAbortSoon(signal, abort)
    await Promise.all(closed)
    forget()
    await this.#flow.kill()
    if (this.#failure) throw this.#failure.error
    return { streams: this.streams }
  }

  #inputListener(input: number): ConstructorParameters<typeof PipedInput>[4] {
    return {
      onDecided: () => this.#flow.begin(),
      onSeek: seek => tell(this, 'seek', { ...seek, input }),
      onEarlyExit: enough => tell(this, 'early-exit', { ...enough, input }),
      onComplete: () => this.#flow.endWhenComplete(),
    }
  }
}

/** Listeners, typed by event; an unknown event name does not compile. */
export interface FfmpegProcess {
  /** Adds a listener for an event. */
  on<Name extends keyof FfmpegProcessEvents>(
    event: Name,
    listener: TypedListener<FfmpegProcessEvents, Name>,
  ): this
  /** Adds a listener that is called once, at the next such event. */
  once<Name extends keyof FfmpegProcessEvents>(
    event: Name,
    listener: TypedListener<FfmpegProcessEvents, Name>,
  ): this
  /** Removes a listener. */
  off<Name extends keyof FfmpegProcessEvents>(
    event: Name,
    listener: TypedListener<FfmpegProcessEvents, Name>,
  ): this
}

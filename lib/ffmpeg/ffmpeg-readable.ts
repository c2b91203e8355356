import { Readable, addAbortSignal } from 'node:stream'
import type { FfmpegReadableEvents } from './ffmpeg-events.js'
import { FfmpegJob } from './ffmpeg-job.js'
import type { FfmpegReadableOptions } from './ffmpeg-options.js'
import { readableSettings } from './ffmpeg-settings.js'

/**
 * ffmpeg as a source: it reads one or several inputs by address, each from any {@link RandomAccess}, and what it makes
 * of them is what is read from this stream.
 *
 * Guarantees, beside those of `FfmpegTransform` for the readable side, the child, and what is left on failure:
 * - Nothing runs and nothing is asked for before the first read.
 * - The inputs are served from this process by a range server on loopback that only the child can use, for as long as
 *   the child lives. Only what ffmpeg asks for is fetched, in blocks, each once as long as it stays in the cache.
 * - A source that fails for good, or changes, fails the stream with its own error.
 *
 * Memory, beside ffmpeg's own: `cacheSize` + `highWaterMark` + two chunks.
 *
 * @example
 * ```ts
 * const video = new S3Object({ client, bucket: 'masters', key: 'talk.mov' })
 * const music = new S3Object({ client, bucket: 'masters', key: 'theme.wav' })
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
  readonly #job: FfmpegJob
  #isStarted = false

  /**
   * @throws {@link OptionError} for an option that breaks its rule
   * @throws {@link FfmpegError} `AVIO_ERR_MUXER_NOT_STREAMABLE`, `AVIO_ERR_ARGUMENT_REFUSED`
   */
  constructor(options: FfmpegReadableOptions) {
    const settings = readableSettings(options, 'FfmpegReadable')
    super({ highWaterMark: settings.highWaterMark })
    this.#job = new FfmpegJob(
      {
        ...settings,
        inputs: settings.inputs.map(input => ({ ...input, head: NOTHING })),
        outputs: [{ ...settings.output, push: chunk => this.push(chunk) }],
      },
      {
        onSpawn: child => this.emit('spawn', child),
        onLog: entry => this.emit('log', entry),
        onProgress: progress => !this.destroyed && this.emit('progress', progress),
        onError: error => this.destroy(error),
      },
    )
    // Not by super(): one that is aborted already would destroy a stream that has no fields yet.
    if (settings.signal) addAbortSignal(settings.signal, this)
  }

  /** Bytes that were fetched of the inputs so far. */
  get bytesFetched(): number {
    return this.#job.bytesFetched
  }

  /** Bytes that ffmpeg was sent so far: more than were fetched where it read some of them twice. */
  get bytesServed(): number {
    return this.#job.bytesIn
  }

  /** @internal */
  override _read(): void {
    if (this.#isStarted) {
      this.#job.run?.outputs[0]!.resume()
      return
    }
    this.#isStarted = true
    this.#go().catch((error: unknown) => this.destroy(error as Error))
  }

  /** @internal */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#job.kill().then(
      () => callback(error),
      (cleanup: unknown) => callback(error ?? (cleanup as Error)),
    )
  }

  async #go(): Promise<void> {
    await this.#job.start()
    await this.#job.endedWell()
    await this.#job.deliveredAll()
    this.push(null)
  }
}

const NOTHING = Buffer.alloc(0)

/** Typed listeners, beside those that every stream has. */
export interface FfmpegReadable {
  on<K extends keyof FfmpegReadableEvents>(
    event: K,
    listener: (...args: FfmpegReadableEvents[K]) => void,
  ): this
  on(event: string | symbol, listener: (...args: never[]) => void): this
  once<K extends keyof FfmpegReadableEvents>(
    event: K,
    listener: (...args: FfmpegReadableEvents[K]) => void,
  ): this
  once(event: string | symbol, listener: (...args: never[]) => void): this
  off<K extends keyof FfmpegReadableEvents>(
    event: K,
    listener: (...args: FfmpegReadableEvents[K]) => void,
  ): this
  off(event: string | symbol, listener: (...args: never[]) => void): this
}

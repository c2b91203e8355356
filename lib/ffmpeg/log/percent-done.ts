import type { FfmpegLogEntry } from './log.js'
import { expectedDuration, parseMediaTime } from './media-time.js'
import type { FfmpegProgress } from './progress.js'

/**
 * The completed share of a run: by media time if ffmpeg reports the duration of its input, else by bytes if the input's
 * size is known.
 */
export class PercentDone {
  readonly #inputArgs: readonly string[]
  readonly #outputArgs: readonly string[]
  #isInputDump = false
  #duration: number | undefined
  /** The input's size in bytes, once it is known. */
  inputSize: number | undefined

  /**
   * @param inputArgs - arguments before `-i`, for `-ss`, `-t` and `-to`
   * @param outputArgs - arguments after it
   */
  constructor(inputArgs: readonly string[], outputArgs: readonly string[]) {
    this.#inputArgs = inputArgs
    this.#outputArgs = outputArgs
  }

  /** The output's expected duration in seconds, if known. */
  get duration(): number | undefined {
    return this.#duration
  }

  /** Searches for ffmpeg's report on its input. */
  see({ level, message }: FfmpegLogEntry): void {
    if (level !== 'info' || this.#duration !== undefined) return
    if (message.startsWith('Input #')) this.#isInputDump = true
    const match = this.#isInputDump ? /^ {2}Duration: ([\d:.]+), start: /.exec(message) : null
    const duration = match ? parseMediaTime(match[1]!) : undefined
    if (duration !== undefined) this.#duration = expectedDuration(duration, this.#inputArgs, this.#outputArgs)
  }

  /** The completed share, from 0 to 100. */
  percent({ outTime, done }: FfmpegProgress, bytesIn: number): number | undefined {
    // The reported time is the start of the last packet in some versions, its end in others.
    if (done && (this.#duration ?? this.inputSize) !== undefined) return 100
    if (this.#duration !== undefined) return share(outTime ?? 0, this.#duration)
    return this.inputSize === undefined ? undefined : share(bytesIn, this.inputSize)
  }
}

function share(done: number, of: number): number {
  return of <= 0 ? 100 : Math.min(100, Math.max(0, (100 * done) / of))
}

import type { RandomAccess } from '../../io/random-access.js'
import { type InputSpec, buildArguments } from '../args/build-arguments.js'
import type { Limits } from '../limits/limits.js'
import { LineSplitter } from '../log/line-splitter.js'
import { type FfmpegLogEntry, LogReader } from '../log/log.js'
import { runTool } from '../child/run-tool.js'

/**
 * A look at a source before ffmpeg processes it: by the same binary, through the same range server and its cache, so
 * that nothing is fetched twice. For tasks whose arguments depend on the media.
 */

/** The run's own tool and settings. */
export interface LookTool {
  readonly path: string
  readonly env: Record<string, string>
  readonly prefix: readonly string[] | undefined
  readonly limits: Limits
  readonly input: InputSpec
  /** The input through the cache of the run, if it is read by seeking. */
  readonly source: RandomAccess | undefined
  readonly signal: AbortSignal
  /** Passes a message to the user, in the log. */
  readonly remark: (message: string) => void
}

/** Arguments of a look. */
export interface LookArguments {
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly format: 'null' | 'framecrc'
}

/** Callbacks of a look. */
export interface LookListener {
  onLog(entry: FfmpegLogEntry): void
  /** A line written by the muxer. */
  onLine?(line: string): void
  /** Called after each message: `true` ends the look. */
  isEnough(): boolean
}

/** Arguments found by a look, which replace those of the input and of the output. */
export interface Prepared {
  readonly input: readonly string[]
  readonly output: readonly string[]
}

/** Looks at the input, and returns the arguments for ffmpeg. */
export type Prepare = (look: SourceLook) => Promise<Prepared>

/**
 * The key of a {@link Prepare} in the options of a stage. Internal: arguments from users are passed to ffmpeg
 * unchanged.
 */
export const PREPARE = Symbol('prepare')

/** The option {@link PREPARE}, if given. */
export function prepareOption(options: object): Prepare | undefined {
  return (options as { [PREPARE]?: Prepare })[PREPARE]
}

/** The longest line; a longer one is not ours. */
const MAX_LINE = 4096

/** Looks at one input. */
export class SourceLook {
  readonly #tool: LookTool

  constructor(tool: LookTool) {
    this.#tool = tool
  }

  /** The source, for facts that ffmpeg does not report; through the cache of the run. */
  get source(): RandomAccess | undefined {
    return this.#tool.source
  }

  /** Aborted with the run. */
  get signal(): AbortSignal {
    return this.#tool.signal
  }

  /** Passes a message to the user, in the log. */
  remark(message: string): void {
    this.#tool.remark(message)
  }

  /**
   * Runs ffmpeg until the listener has enough, or to its end.
   *
   * @returns whether the listener had enough, or ffmpeg succeeded. The real run describes a failure better
   * @throws the error of `runTool` if the tool can't be started; the reason of the signal
   */
  async run({ input, output, format }: LookArguments, listener: LookListener): Promise<boolean> {
    const { path, env, prefix, signal } = this.#tool
    const enough = new AbortController()
    const check = () => {
      if (listener.isEnough()) enough.abort()
      return !enough.signal.aborted
    }
    const log = new LogReader(entry => listener.onLog(entry))
    const lines = new LineSplitter(MAX_LINE, line => listener.onLine?.(line))
    const command = {
      path,
      args: this.#arguments({ input, output, format }),
      ...{ env, prefix, killTimeout: 0, maxOutput: Infinity },
      signal: AbortSignal.any([signal, enough.signal]),
    }
    try {
      const exit = await runTool(command, {
        onStdout: chunk => {
          lines.push(chunk)
          check()
        },
        onStderr: chunk => {
          log.push(chunk)
          return check()
        },
      })
      log.end()
      return exit.code === 0 || !check()
    } catch (error) {
      if (enough.signal.aborted && !signal.aborted) return true
      throw error
    }
  }

  #arguments({ input, output, format }: LookArguments): string[] {
    return buildArguments({
      inputs: [{ ...this.#tool.input, args: input }],
      outputs: [{ url: 'pipe:1', format, args: output }],
      globalArgs: ['-copyts'],
      progressUrl: 'pipe:1',
      limits: this.#tool.limits,
    })
  }
}

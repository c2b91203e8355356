import type { RandomAccess } from '../../io/random-access.js'
import { type InputSpec, buildArguments } from '../args/build-arguments.js'
import type { Limits } from '../limits/limits.js'
import { LineSplitter } from '../log/line-splitter.js'
import { type FfmpegLogEntry, LogReader } from '../log/log.js'
import { runTool } from '../child/run-tool.js'

/**
 * A look at a source before ffmpeg makes something of it: by the same binary, through the same range server and its
 * cache, so that what it fetches is not fetched again. Tasks that can't know their arguments without the media look
 * first.
 */

/** What is run with: that of the job. */
export interface LookTool {
  readonly path: string
  readonly env: Record<string, string>
  readonly prefix: readonly string[] | undefined
  readonly limits: Limits
  readonly input: InputSpec
  /** The input through the cache of the job, where it is read by address. */
  readonly source: RandomAccess | undefined
  readonly signal: AbortSignal
  /** Tells the user something, in the log. */
  readonly remark: (message: string) => void
}

/** What a look is made with. */
export interface LookArguments {
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly format: 'null' | 'framecrc'
}

/** Who hears what a look finds. */
export interface LookListener {
  onLog(entry: FfmpegLogEntry): void
  /** A line that the muxer wrote. */
  onLine?(line: string): void
  /** Asked whenever something was heard: what is enough ends the look. */
  isEnough(): boolean
}

/** Arguments that a look has found out, in place of those of the input and of the output. */
export interface Prepared {
  readonly input: readonly string[]
  readonly output: readonly string[]
}

/** Looks at the input, and says how ffmpeg is to be run. */
export type Prepare = (look: SourceLook) => Promise<Prepared>

/**
 * Where the options of a stage hold a {@link Prepare}. It is not for users: what they give is what ffmpeg is given.
 */
export const PREPARE = Symbol('prepare')

/** The option {@link PREPARE}, where it is there. */
export function prepareOption(options: object): Prepare | undefined {
  return (options as { [PREPARE]?: Prepare })[PREPARE]
}

/** The most that a line has; a longer one is none of ours. */
const MAX_LINE = 4096

/** Looks at one input. */
export class SourceLook {
  readonly #tool: LookTool

  constructor(tool: LookTool) {
    this.#tool = tool
  }

  /** What is looked at, for what ffmpeg does not tell; through the cache of the job. */
  get source(): RandomAccess | undefined {
    return this.#tool.source
  }

  /** Ends with the job. */
  get signal(): AbortSignal {
    return this.#tool.signal
  }

  /** Tells the user something, in the log. */
  remark(message: string): void {
    this.#tool.remark(message)
  }

  /**
   * Runs ffmpeg until enough was heard, or to its end.
   *
   * @returns whether enough was heard, or it ended well. Why it did not, the real run says better
   * @throws what `runTool` throws where the tool can't be started; the reason of the signal
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

import type { RandomAccess } from '../../io/random-access.js'
import { PercentDone } from '../log/percent-done.js'
import type { FfmpegProgress } from '../log/progress.js'
import { TimeLeft } from '../log/time-left.js'
import { expectedLength } from './expected-length.js'
import type { InputWatch } from './input-watch.js'
import type { RunSpec } from './run-spec.js'

/** Any duration, in seconds, to find out whether arguments read all of an input. */
const WHOLE = 1000

/** What a report of ffmpeg's leaves out: the bytes read, the share that is done, and the time to the end. */
export class RunProgress {
  readonly #spec: Pick<RunSpec, 'inputs' | 'outputs' | 'globalArgs' | 'prepare'>
  readonly #watch: Pick<InputWatch, 'hasBegun' | 'durations' | 'streams'>
  readonly #done = new PercentDone()
  readonly #left = new TimeLeft()
  #isLengthKnown = false

  /** @param watch - learns of the inputs what ffmpeg reports */
  constructor(
    spec: Pick<RunSpec, 'inputs' | 'outputs' | 'globalArgs' | 'prepare'>,
    watch: Pick<InputWatch, 'hasBegun' | 'durations' | 'streams'>,
  ) {
    this.#spec = spec
    this.#watch = watch
  }

  /**
   * Requests the size of a piped input, in case ffmpeg does not know its duration. Does nothing if the arguments don't
   * read all of it once.
   */
  measure(input: RandomAccess, signal: AbortSignal): void {
    const [first] = this.#spec.inputs
    const inputs = [{ args: first!.args, duration: WHOLE }]
    const length = expectedLength({ ...this.#asked, inputs, feeds: () => new Set([0]) })
    if (first!.source !== undefined || length !== WHOLE) return
    input.size(signal).then(
      size => (this.#done.inputSize = size),
      () => undefined,
    )
  }

  /** The report with what it leaves out. */
  complete(report: FfmpegProgress, bytesIn: number): FfmpegProgress {
    this.#findLength()
    const percent = this.#done.percent(report, bytesIn)
    const eta = this.#left.see(percent)
    return {
      ...{ ...report, bytesIn },
      ...(percent !== undefined && { percent }),
      ...(eta !== undefined && { eta }),
    }
  }

  /** Once ffmpeg has reported its inputs, all that the length of the output depends on is known. */
  #findLength(): void {
    if (this.#isLengthKnown || !this.#watch.hasBegun) return
    this.#isLengthKnown = true
    const { durations, streams } = this.#watch
    this.#done.length = expectedLength({
      ...this.#asked,
      inputs: this.#spec.inputs.map(({ args }, n) => ({ args, duration: durations[n] })),
      feeds: output => {
        const direct = streams.filter(({ into }) =>
          into.some(target => target.output === output && target.by !== 'filtered'),
        )
        return new Set(direct.map(({ input }) => input))
      },
    })
  }

  /** Prepared arguments make what these ask for, by whatever clock. */
  get #asked() {
    const { outputs, globalArgs, prepare } = this.#spec
    return { outputs, globalArgs: prepare === undefined ? globalArgs : [] }
  }
}

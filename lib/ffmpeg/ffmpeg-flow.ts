import type { RandomAccess } from '../io/random-access.js'
import { FfmpegJob, type JobInput, type JobListener } from './ffmpeg-job.js'
import type { FfmpegRun } from './ffmpeg-run.js'
import { PipedInput } from './piped-input.js'
import type { PipedOutput } from './piped-output.js'

/** An input that is read by address from the first. */
export interface SourceInput {
  readonly format: string | undefined
  readonly args: readonly string[]
  readonly formatWhitelist: readonly string[]
  readonly source: RandomAccess
}

/** What flows through one ffmpeg. */
export interface FlowSpec {
  readonly inputs: readonly (PipedInput | SourceInput)[]
  readonly outputs: readonly PipedOutput[]
}

/** How ffmpeg is run. */
export interface FlowSettings {
  readonly ffmpegPath: string | undefined
  readonly globalArgs: readonly string[]
  readonly env: Record<string, string>
  readonly killTimeout: number
  readonly cacheSize: number
}

/** Who is told while it flows. */
export interface FlowListener extends JobListener {
  /** Whether anybody wants to know how far it is. */
  hasProgress(): boolean
}

const NOTHING = Buffer.alloc(0)

/**
 * Everything that flows through one ffmpeg, from its start to its end: `FfmpegTransform` is one piped input and one
 * output of it, `FfmpegReadable` inputs by address and one output, `FfmpegGraph` any number of each.
 *
 * - It starts when it is known how each piped input is to be read, and each head that exists only at the end is
 *   claimed; where there are neither, at the first read.
 * - Every output ends together, and none before everything is well: ffmpeg exited with 0, each input was whole, each
 *   output was delivered and is not empty, each that gets a head is whole, and somebody reads each of them.
 */
export class FfmpegFlow {
  readonly #settings: FlowSettings
  readonly #inputs: FlowSpec['inputs']
  readonly #piped: readonly PipedInput[]
  readonly #outputs: readonly PipedOutput[]
  readonly #listener: FlowListener
  readonly #started: Promise<FfmpegRun>
  #resolve!: (run: FfmpegRun) => void
  #reject!: (error: unknown) => void
  #job: FfmpegJob | undefined
  #run: FfmpegRun | undefined
  #isDelivered = false
  #isEnded = false
  #killed: Promise<void> | undefined

  constructor(settings: FlowSettings, { inputs, outputs }: FlowSpec, listener: FlowListener) {
    this.#settings = settings
    this.#inputs = inputs
    this.#piped = inputs.filter(input => input instanceof PipedInput)
    this.#outputs = outputs
    this.#listener = listener
    this.#started = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#started.catch(() => undefined)
  }

  /** Bytes of input that ffmpeg was given, by pipe and by address. */
  get bytesIn(): number {
    return this.#job?.bytesIn ?? 0
  }

  /** Bytes that the sources were asked for, of inputs that are read by address. */
  get bytesFetched(): number {
    return this.#job?.bytesFetched ?? 0
  }

  /** One more input is decided. Resolves when ffmpeg was started; the error is that of the start. */
  begin(): Promise<unknown> {
    this.#startWhenReady()
    return this.#started
  }

  /** More of an output is wanted. */
  read(output: number): void {
    this.#startWhenReady()
    this.#run?.outputs[output]!.resume()
    this.endWhenComplete()
  }

  /**
   * The end comes last, after that of every source: until then one may fail, or hold more than may be thrown away,
   * and a sink that has seen the end could no longer take back what it stored.
   */
  endWhenComplete(): void {
    const isComplete = this.#isDelivered && this.#piped.every(input => input.isComplete)
    if (!isComplete || this.#isEnded || this.#killed) return
    // One that nobody has begun to read may never be: the others would be passed off as the whole.
    if (this.#outputs.length > 1 && !this.#outputs.every(output => output.isWanted)) return
    this.#isEnded = true
    if (!this.#outputs.every(output => output.complete())) return
    for (const output of this.#outputs) output.end()
  }

  /** Ends ffmpeg and the server, whatever they are doing; resolves when nothing of either is left. */
  kill(): Promise<void> {
    return (this.#killed ??= this.#kill())
  }

  async #kill(): Promise<void> {
    for (const input of this.#piped) input.release()
    this.#reject(new Error('It was given up before ffmpeg was started'))
    await this.#job?.kill()
  }

  #startWhenReady(): void {
    if (this.#job ?? this.#killed) return
    const inputs = this.#inputs.map(input =>
      input instanceof PipedInput ? input.decided : { ...input, head: NOTHING },
    )
    if (!isAll(inputs) || !this.#outputs.every(output => output.isReady)) return
    this.#job = new FfmpegJob(
      {
        ...this.#settings,
        inputs,
        outputs: this.#outputs.map(output => ({ ...output.settings, push: chunk => output.push(chunk) })),
      },
      this.#listener,
    )
    this.#flow(this.#job, inputs).catch((error: unknown) => {
      this.#reject(error)
      if (!this.#killed) this.#listener.onError(error as Error)
    })
  }

  /** Runs the job and draws the conclusions. */
  async #flow(job: FfmpegJob, inputs: readonly JobInput[]): Promise<void> {
    this.#measure(job)
    const run = (this.#run = await job.start())
    const pipes = [...run.inputs]
    for (const [n, { source }] of inputs.entries()) {
      const input = this.#inputs[n]
      if (source === undefined && input instanceof PipedInput) input.connect(pipes.shift()!)
    }
    this.#resolve(run)
    await job.endedWell(() => this.#piped.some(input => input.isMediaFirst))
    if (this.#killed) return
    for (const input of this.#piped) input.over()
    await job.deliveredAll()
    this.#isDelivered = true
    this.endWhenComplete()
  }

  /** For an input of which ffmpeg does not know how long it is. The source has delivered bytes: it has the answer. */
  #measure(job: FfmpegJob): void {
    const [input, ...others] = this.#inputs
    if (others.length > 0 || !(input instanceof PipedInput)) return
    if (input.access !== undefined && this.#listener.hasProgress()) job.measure(input.access)
  }
}

function isAll(inputs: readonly (JobInput | undefined)[]): inputs is readonly JobInput[] {
  return inputs.every(input => input !== undefined)
}

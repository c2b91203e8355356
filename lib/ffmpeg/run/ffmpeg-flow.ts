import type { Activity } from '../../io/monitor/activity.js'
import { ReadWaits } from '../../io/monitor/read-waits.js'
import type { RandomAccess } from '../../io/random-access.js'
import { FfmpegRun } from './ffmpeg-run.js'
import type { RunInput, RunListener } from './run-spec.js'
import { inputCut } from '../input/input-errors.js'
import { nameAt } from '../input/input-names.js'
import type { InputStreamInfo } from '../streams/input-info.js'
import { locateFfmpeg } from '../binary/locate-ffmpeg.js'
import { PipedInput } from './piped-input.js'
import { limitBehind } from '../limits/limit-errors.js'
import { LimitWatch } from './limit-watch.js'
import type { Limits } from '../limits/limits.js'
import type { PipedOutput } from '../output/piped-output.js'
import type { Prepare } from '../route/source-look.js'
import { askAhead } from '../binary/read-version.js'

/** An input read by seeking from the start. */
export interface SourceInput {
  readonly format: string | undefined
  readonly args: readonly string[]
  readonly formatWhitelist: readonly string[]
  readonly source: RandomAccess
}

/** The inputs and outputs of one ffmpeg. */
export interface FlowSpec {
  readonly inputs: readonly (PipedInput | SourceInput)[]
  readonly outputs: readonly PipedOutput[]
}

/** Settings for running ffmpeg. */
export interface FlowSettings {
  readonly ffmpegPath: string | undefined
  readonly globalArgs: readonly string[]
  readonly env: Record<string, string>
  readonly killTimeout: number
  readonly cacheSize: number
  readonly limits: Limits
  readonly prepare?: Prepare | undefined
}

const NOTHING = Buffer.alloc(0)

/**
 * All data through one ffmpeg, from its start to its end: `FfmpegTransform` is one piped input and one output of it,
 * `FfmpegReadable` inputs read by seeking and one output, `FfmpegProcess` any number of each.
 *
 * - It starts once it is known how to read each piped input, and every deferred header is claimed; if there are
 *   neither, at the first read.
 * - All outputs end together, once everything has succeeded: ffmpeg exited with 0, each input was complete, each output
 *   was delivered and is not empty, each deferred header is complete, and each output has a reader.
 */
export class FfmpegFlow {
  readonly #settings: FlowSettings
  readonly #inputs: FlowSpec['inputs']
  readonly #piped: readonly PipedInput[]
  readonly #outputs: readonly PipedOutput[]
  readonly #listener: RunListener
  readonly #watch: LimitWatch
  readonly #waits = new ReadWaits()
  /** Outputs whose reader currently takes nothing. */
  readonly #heldBack = new Set<number>()
  #bytesOut = 0
  readonly #started: Promise<void>
  #resolve!: () => void
  #reject!: (error: unknown) => void
  #run: FfmpegRun | undefined
  #asked: Promise<void> | undefined
  readonly #abort = new AbortController()
  #isDelivered = false
  /** Settles when a run that waited for a late track has ended and another one replaces it. */
  #retired: Promise<void> | undefined
  #isRetiring = false
  #isEnded = false
  #killed: Promise<void> | undefined

  constructor(settings: FlowSettings, { inputs, outputs }: FlowSpec, listener: RunListener) {
    this.#settings = settings
    this.#inputs = inputs
    this.#piped = inputs.filter(input => input instanceof PipedInput)
    this.#outputs = outputs
    this.#listener = listener
    this.#watch = new LimitWatch(settings.limits, {
      moved: () => this.bytesIn + this.#bytesOut + this.#piped.reduce((sum, { bytes }) => sum + bytes, 0),
      isHeldBack: () => this.#heldBack.size > 0,
      fail: error => listener.onError(error),
    })
    this.#started = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#started.catch(() => undefined)
  }

  /** Input bytes given to ffmpeg, through pipes and by seeking. */
  get bytesIn(): number {
    return this.#run?.bytesIn ?? 0
  }

  /** What a monitor learns of it. */
  get activity(): Activity {
    const run = () => this.#run
    return {
      name: 'ffmpeg',
      reads: this.#waits,
      get bytesRead() {
        return run()?.bytesServed ?? 0
      },
      get pid() {
        return run()?.pid
      },
    }
  }

  /** The streams of all inputs, and the outcome of each; empty before ffmpeg reports them. */
  get streams(): readonly InputStreamInfo[] {
    return this.#run?.streams ?? []
  }

  /** Tracks of an MP4 output whose input streams had no packets. */
  silentTracks(output: number): ReadonlySet<number> {
    return this.#run?.silentTracks(output) ?? new Set()
  }

  /** Bytes requested from the sources of inputs read by seeking. */
  get bytesFetched(): number {
    return this.#run?.bytesFetched ?? 0
  }

  /**
   * Called when one more input is decided. Resolves when ffmpeg has started, or rejects with the error of the start.
   * After an abort it does neither: the stream is destroyed then, with the error of the abort, if any.
   */
  begin(): Promise<unknown> {
    this.#watch.start()
    this.#startWhenReady()
    return this.#started
  }

  /** The consumer wants more of an output. */
  read(output: number): void {
    this.#askAhead()
    this.#watch.start()
    this.#heldBack.delete(output)
    this.#startWhenReady()
    this.#run?.resume(output)
    this.endWhenComplete()
  }

  /**
   * Outputs end last, after every source: until then a source may fail, or exceed the discard limit, and a sink that
   * has seen the end could not undo what it stored.
   */
  endWhenComplete(): void {
    const isComplete = this.#isDelivered && this.#piped.every(input => input.isComplete)
    if (!isComplete || this.#isEnded || this.#killed) return
    // An output without a reader may never get one: the others would be stored as if complete.
    if (this.#outputs.length > 1 && !this.#outputs.every(output => output.isWanted)) return
    this.#isEnded = true
    this.#watch.close()
    if (!this.#outputs.every(output => output.complete())) return
    for (const output of this.#outputs) output.end()
  }

  /** Ends ffmpeg and the server at any time; resolves when nothing of either is left. */
  kill(): Promise<void> {
    return (this.#killed ??= this.#kill())
  }

  async #kill(): Promise<void> {
    this.#watch.close()
    const released = this.#piped.map(input => input.release())
    this.#abort.abort()
    await Promise.all([...released, this.#run?.kill(), this.#retired, this.#asked])
    for (const { memory } of this.#outputs) memory.close()
  }

  /** Finds out ffmpeg's version while the source sends its first bytes. */
  #askAhead(): void {
    if (this.#killed) return
    const { ffmpegPath, env } = this.#settings
    this.#asked ??= askAhead(() => locateFfmpeg(ffmpegPath), env, this.#abort.signal)
  }

  #startWhenReady(): void {
    if ((this.#run ?? this.#killed) || this.#isRetiring) return
    const inputs = this.#inputs.map(input =>
      input instanceof PipedInput ? input.decided : { ...input, head: NOTHING },
    )
    if (!isAll(inputs) || !this.#outputs.every(output => output.isReady)) return
    const hasLateTrack = this.#retired !== undefined
    const run: FfmpegRun = new FfmpegRun(
      {
        ...this.#settings,
        waits: this.#waits,
        inputs,
        outputs: this.#outputs.map((output, n) => ({
          ...output.settings,
          hasLateTrack,
          memory: output.memory,
          push: chunk => this.#push(output, n, chunk),
        })),
      },
      this.#watched(() => this.#run === run),
    )
    this.#run = run
    this.#flow(run, inputs).catch((error: unknown) => {
      if (this.#killed || this.#run !== run) return
      const reason = limitBehind(error, this.#settings.limits)
      this.#reject(reason)
      this.#listener.onError(reason as Error)
    })
  }

  #push(output: PipedOutput, n: number, chunk: Buffer): boolean {
    this.#bytesOut += chunk.length
    if (!this.#watch.output(chunk.length)) return false
    const isWanted = output.push(chunk)
    if (!isWanted) this.#heldBack.add(n)
    return isWanted
  }

  /** The listener, behind the limits. A run that was replaced reports nothing. */
  #watched(isCurrent: () => boolean): RunListener {
    return {
      onSpawn: child => this.#listener.onSpawn(child),
      onLog: entry => {
        if (!isCurrent()) return
        this.#watch.log(entry)
        this.#listener.onLog(entry)
      },
      onProgress: progress => {
        if (!isCurrent()) return
        this.#watch.progress(progress)
        this.#listener.onProgress(progress)
      },
      hasProgress: () => this.#listener.hasProgress(),
      onInput: input => isCurrent() && this.#listener.onInput(input),
      hearsInput: () => this.#listener.hearsInput(),
      onLateTrack: () => isCurrent() && this.#readAgain(),
      onError: error => isCurrent() && this.#listener.onError(error),
    }
  }

  /**
   * Handles a track that begins long after the others: reads the inputs again, without waiting for it. Returns whether
   * that is possible: each input needs random access.
   */
  #readAgain(): boolean {
    const run = this.#run
    if (!run || this.#killed || this.#retired || !this.#piped.every(input => input.canReadAgain)) return false
    this.#listener.onLog({
      level: 'info',
      component: 'avio-streams',
      message:
        'A track begins long after the others, or never: reading the input again, without waiting for that track.',
    })
    for (const input of this.#piped) input.readAgain()
    this.#run = undefined
    this.#isRetiring = true
    this.#retired = run.kill().then(() => {
      this.#isRetiring = false
      this.#startWhenReady()
    })
    return true
  }

  /** Runs the run and handles its outcome. */
  async #flow(run: FfmpegRun, inputs: readonly RunInput[]): Promise<void> {
    this.#measure(run)
    await run.start()
    const pipes = [...run.inputs]
    for (const [n, { source }] of inputs.entries()) {
      const input = this.#inputs[n]
      if (source === undefined && input instanceof PipedInput) input.connect(pipes.shift()!)
    }
    this.#resolve()
    await run.endedWell(() => this.#piped.some(input => input.isMediaFirst))
    await this.#checkWhole(run, inputs)
    if (this.#killed || this.#run !== run) return
    for (const input of this.#piped) input.over()
    await run.deliveredAll()
    this.#isDelivered = true
    this.endWhenComplete()
  }

  /**
   * Checks each input that ffmpeg read to its end against the length its container states: ffmpeg may not have reported
   * a truncated input.
   */
  async #checkWhole(run: FfmpegRun, inputs: readonly RunInput[]): Promise<void> {
    for (const [n, { source }] of inputs.entries()) {
      const input = this.#inputs[n]
      const piped = source === undefined && input instanceof PipedInput ? input : undefined
      if ((piped !== undefined && !piped.isTaken) || !run.isReadToEnd(n)) continue
      const shortfall = await (piped ?? run).shortfall(n)
      if (shortfall) throw inputCut(shortfall, nameAt(inputs, n, 'The input'), run.bytesIn)
    }
  }

  /** For an input whose duration ffmpeg does not know. The source has delivered bytes, so it knows its size. */
  #measure(run: FfmpegRun): void {
    const [input, ...others] = this.#inputs
    if (others.length > 0 || !(input instanceof PipedInput)) return
    if (input.access !== undefined && this.#listener.hasProgress()) run.measure(input.access)
  }
}

function isAll(inputs: readonly (RunInput | undefined)[]): inputs is readonly RunInput[] {
  return inputs.every(input => input !== undefined)
}

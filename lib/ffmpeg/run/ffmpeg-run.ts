import type { Shortfall } from '../../containers/container-watch.js'
import type { RandomAccess } from '../../io/random-access.js'
import { isUnanswered } from '../args/http-retry-arguments.js'
import { isReadToEnd } from '../args/reads-to-end.js'
import { locateFfmpeg } from '../binary/locate-ffmpeg.js'
import { versionOf } from '../binary/read-version.js'
import { type ChildExit, FfmpegChild } from '../child/ffmpeg-child.js'
import { StdinWriter } from '../child/stdin-writer.js'
import { StdoutReader } from '../child/stdout-reader.js'
import { RunVerdict } from '../diagnosis/run-verdict.js'
import { withSuggestion } from '../diagnosis/suggestion.js'
import { inputUnreachable } from '../input/input-errors.js'
import { nameOf } from '../input/input-names.js'
import { systemLimitPrefix } from '../limits/system-limits.js'
import type { FfmpegLogEntry } from '../log/log.js'
import type { FfmpegProgress } from '../log/progress.js'
import { GuardedOutput } from '../output/guarded-output.js'
import type { KeptCover } from '../output/kept-cover.js'
import { streamKey } from '../report/stream-mapping.js'
import type { InputStreamInfo } from '../streams/input-info.js'
import { InputWatch } from './input-watch.js'
import { type RunCommand, PROGRESS, STDERR, jobCommand } from './run-command.js'
import { RunProgress } from './run-progress.js'
import type { RunListener, RunSpec } from './run-spec.js'
import { SeekableInputs } from './seekable-inputs.js'

/** The running child, its pipes, and the judge of its outcome. */
interface Run {
  readonly command: RunCommand
  readonly child: FfmpegChild
  readonly verdict: RunVerdict
  /** One for each piped input. */
  readonly inputs: readonly StdinWriter[]
  readonly outputs: readonly StdoutReader[]
}

/**
 * One run of ffmpeg: the range server for inputs read by seeking, the child, and the verdict on its exit, its log and
 * its output. The stages wrap it: they feed the piped inputs and take the outputs.
 *
 * After `kill()` has resolved, nothing of it is left.
 */
export class FfmpegRun {
  readonly #spec: RunSpec
  readonly #listener: RunListener
  readonly #progress: RunProgress
  readonly #watch: InputWatch
  readonly #outputs: readonly GuardedOutput[]
  readonly #abort = new AbortController()
  #seekable: SeekableInputs | undefined
  #run: Run | undefined
  #starting: Promise<void> | undefined
  #hasExited = false
  /** The last progress report. */
  #report: FfmpegProgress | undefined

  constructor(spec: RunSpec, listener: RunListener) {
    this.#spec = spec
    this.#listener = listener
    const guard = {
      onLateTrack: () => this.#giveWay(),
      onError: (error: Error) => listener.onError(error),
      isAwaited: () => this.#watch.judges || listener.hearsInput(),
    }
    this.#outputs = spec.outputs.map(output => new GuardedOutput(output, guard))
    this.#watch = new InputWatch(spec.inputs.map(nameOf), spec.outputs, {
      onInput: input => listener.onInput(input),
      onError: error => listener.onError(error),
    })
    this.#progress = new RunProgress(spec, this.#watch)
  }

  /** The pipes into ffmpeg, one for each piped input; empty before it starts. */
  get inputs(): readonly StdinWriter[] {
    return this.#run?.inputs ?? []
  }

  /** The streams of all inputs, and the outcome of each; empty before ffmpeg reports them. */
  get streams(): readonly InputStreamInfo[] {
    return this.#watch.streams
  }

  /** Input bytes given to ffmpeg, through pipes and by seeking. */
  get bytesIn(): number {
    return sumOf(this.inputs) + this.bytesServed
  }

  /** Input bytes given to ffmpeg by seeking. */
  get bytesServed(): number {
    return this.#seekable?.bytesServed ?? 0
  }

  /** The id of ffmpeg's process while it runs. */
  get pid(): number | undefined {
    return this.#hasExited ? undefined : this.#run?.child.pid
  }

  /** Bytes requested from the sources of inputs read by seeking. */
  get bytesFetched(): number {
    return this.#seekable?.bytesFetched ?? 0
  }

  /** Requests the size of a piped input, to compute the progress if ffmpeg does not know the duration. */
  measure(input: RandomAccess): void {
    this.#progress.measure(input, this.#abort.signal)
  }

  /** Starts ffmpeg. Errors: those of the binary (not found, not started), those of a source, or an `AbortError`. */
  start(): Promise<void> {
    return (this.#starting ??= this.#start())
  }

  /** The consumer wants more of an output. */
  resume(output: number): void {
    this.#run?.outputs[output]!.resume()
  }

  /**
   * Resolves when ffmpeg has ended and neither its exit nor its log reports a failure; its output may still be on the
   * way.
   *
   * @param isMediaFirst - returns whether the media of a piped MP4 came before its index
   * @throws {@link FfmpegError} the reason found by the {@link RunVerdict}, with a suggested name for a misspelt one
   */
  async endedWell(isMediaFirst: () => boolean = () => false): Promise<void> {
    const { child, verdict, command } = this.#run!
    const exit = await this.#exit(child)
    await Promise.all([child.drained(STDERR), child.drained(PROGRESS)])
    verdict.log.end()
    const failure = verdict.failure(exit, isMediaFirst())
    const tool = { path: command.path, env: this.#spec.env, signal: this.#abort.signal }
    if (failure) throw await withSuggestion(failure, tool)
    const doubt = this.#watch.doubt()
    if (doubt) throw doubt
  }

  /** Whether ffmpeg, after a successful end, read an input to its end: not if it used only a part of it. */
  isReadToEnd(input: number): boolean {
    return isReadToEnd(input, this.#spec.inputs, this.#spec.outputs, this.#report)
  }

  /** Numbers of the tracks of an MP4 output whose input streams had no packets: known once ffmpeg has ended. */
  silentTracks(output: number): ReadonlySet<number> {
    const silent = this.#run?.verdict.silentInputs ?? new Set()
    const targets = this.streams
      .filter(({ input, index }) => silent.has(streamKey(input, index)))
      .flatMap(({ into }) => into.filter(target => target.output === output))
    // The muxer numbers its tracks from 1, in the order of the streams.
    return new Set(targets.flatMap(({ stream }) => (stream === undefined ? [] : [stream + 1])))
  }

  /** The number of bytes an input read by seeking lacks compared with the length its container states. */
  async shortfall(input: number): Promise<Shortfall | undefined> {
    const before = this.#spec.inputs.slice(0, input)
    const index = before.filter(({ source }) => source !== undefined).length
    return this.#seekable?.shortfall(index, this.#abort.signal)
  }

  /**
   * Resolves when the output has been taken to its end, and is not empty.
   *
   * @throws {@link FfmpegError} if it is incomplete or empty
   */
  async deliveredAll(): Promise<void> {
    const { child, verdict, command } = this.#run!
    const exit = await this.#exit(child)
    const whole = await Promise.all(command.outputs.map(fd => child.drained(fd)))
    this.#count()
    const failure = whole.every(Boolean) ? verdict.emptiness(exit) : verdict.heldOpen(exit)
    if (failure) throw failure
    for (const output of this.#outputs) output.end()
  }

  /** Ends ffmpeg and the server at any time; resolves when nothing of either is left. */
  async kill(): Promise<void> {
    this.#abort.abort()
    await this.#starting?.catch(() => undefined)
    for (const output of this.#run?.outputs ?? []) output.discard()
    await this.#run?.child.kill()
    await this.#seekable?.close()
  }

  async #start(): Promise<void> {
    const { ffmpegPath, env, limits } = this.#spec
    const { signal } = this.#abort
    signal.throwIfAborted()
    const { path, from } = await locateFfmpeg(ffmpegPath)
    const prefix = await systemLimitPrefix(limits)
    signal.throwIfAborted()
    // Runs in parallel with the first request of a source.
    const version = versionOf(path, env, signal)
    version.catch(() => undefined)
    const seekable = (this.#seekable = await this.#serve())
    signal.throwIfAborted()
    const command = await jobCommand(this.#spec, {
      ...{ path, prefix, version, seekable, signal },
      remark: message => this.#remark(message),
      noteLoss: (input, message) => this.#noteLoss(input, message),
      keepCover: (outputs, cover) => this.#keepCover(outputs, cover),
    })
    const child = await FfmpegChild.start(command)
    this.#run = this.#connect(command, child)
    signal.throwIfAborted()
    this.#listener.onSpawn({ path, from, args: command.args, pid: child.pid })
  }

  /** Starts the server for inputs read by seeking, if there are any. */
  async #serve(): Promise<SeekableInputs | undefined> {
    const { inputs, cacheSize } = this.#spec
    const sources = inputs.flatMap(({ source, head, format }) => (source ? [{ source, head, format }] : []))
    if (sources.length === 0) return undefined
    // ffmpeg sees only the end of a broken source; this error comes before that end.
    const onError = (error: Error) => this.#listener.onError(error)
    const progress = () => sumOf(this.#run?.outputs ?? [])
    return SeekableInputs.open(sources, cacheSize, onError, progress, this.#spec.waits)
  }

  /** Connects the pipes of the child. */
  #connect(command: RunCommand, child: FfmpegChild): Run {
    const formats = this.#spec.outputs.map(({ format }) => format)
    const verdict = new RunVerdict(command, formats, {
      onLog: entry => this.#onLog(entry),
      onProgress: report => this.#onProgress(report),
    })
    const inputs = command.inputs.map(fd => new StdinWriter(child.writable(fd)))
    const outputs = command.outputs.map((fd, n) => {
      const output = this.#outputs[n]!
      const { memory } = this.#spec.outputs[n]!
      return new StdoutReader(child.output(fd), chunk => output.push(chunk), memory)
    })
    child.readable(STDERR).on('data', (chunk: Buffer) => verdict.log.push(chunk))
    child.readable(PROGRESS).on('data', (chunk: Buffer) => verdict.progress.push(chunk))
    return { command, child, verdict, inputs, outputs }
  }

  async #exit(child: FfmpegChild): Promise<ChildExit> {
    const exit = await child.exited
    this.#hasExited = true
    this.#count()
    return exit
  }

  /** Reports the bytes in and out to the verdict. */
  #count(): void {
    const { verdict, outputs } = this.#run!
    verdict.bytesIn = this.bytesIn
    verdict.outputBytes = outputs.map(({ bytes }) => bytes)
  }

  #keepCover(outputs: readonly number[], { image, input, stream }: KeptCover): void {
    for (const n of outputs) {
      this.#outputs[n]!.keepCover(image)
      this.#watch.keepsCover(n, input, stream)
    }
  }

  #remark(message: string): void {
    this.#listener.onLog({ level: 'warning', component: 'avio-streams', message })
  }

  #noteLoss(input: number, message: string): void {
    this.#remark(message)
    this.#watch.note(input, { kind: 'out-of-reach', message })
  }

  /**
   * Whether another run replaces this one, which waits for a track. Only possible while no output has passed on any
   * data.
   */
  #giveWay(): boolean {
    return this.#outputs.every(output => output.isReplaceable) && this.#listener.onLateTrack?.() === true
  }

  #onLog(entry: FfmpegLogEntry): void {
    if (isUnanswered(entry)) this.#listener.onError(inputUnreachable(entry.message))
    this.#listener.onLog(entry)
    this.#watch.see(entry)
    for (const output of this.#outputs) {
      output.see(entry)
      if (this.#watch.hasBegun) output.reported()
    }
  }

  #onProgress(report: FfmpegProgress): void {
    this.#watch.isWorking()
    // Progress may overtake the log lines before it; at the second report there are no such lines: a wrapper script
    // hides them.
    if (this.#watch.hasBegun || this.#report) for (const output of this.#outputs) output.reported()
    this.#report = report
    const isWaiting = this.#outputs.some(output => output.isWaiting(report.outTime ?? 0))
    if (isWaiting) this.#giveWay()
    const { bytesIn } = this
    const isHeard = this.#listener.hasProgress()
    this.#listener.onProgress(isHeard ? this.#progress.complete(report, bytesIn) : report)
  }
}

function sumOf(ways: readonly { readonly bytes: number }[]): number {
  return ways.reduce((sum, { bytes }) => sum + bytes, 0)
}

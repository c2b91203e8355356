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
import { PercentDone } from '../log/percent-done.js'
import type { FfmpegProgress } from '../log/progress.js'
import { GuardedOutput } from '../output/guarded-output.js'
import type { KeptCover } from '../output/kept-cover.js'
import { streamKey } from '../report/stream-mapping.js'
import type { InputStreamInfo } from '../streams/input-info.js'
import { InputWatch } from './input-watch.js'
import { type JobCommand, PROGRESS, STDERR, jobCommand } from './job-command.js'
import type { JobListener, JobSpec } from './job-spec.js'
import { SeekableInputs } from './seekable-inputs.js'

/** What runs: the child, the ways through its pipes, and what is to be thought of it. */
interface Run {
  readonly command: JobCommand
  readonly child: FfmpegChild
  readonly verdict: RunVerdict
  /** One for each input that is piped in. */
  readonly inputs: readonly StdinWriter[]
  readonly outputs: readonly StdoutReader[]
}

/**
 * One run of ffmpeg from its inputs to its end: the range server for what is read by address, the child, and what is to
 * be thought of its exit, its log and its bytes. The stages are its faces: they bring the bytes of pipes in and take
 * those of outputs away.
 *
 * Nothing of it is left when `kill()` has resolved.
 */
export class FfmpegJob {
  readonly #spec: JobSpec
  readonly #listener: JobListener
  readonly #completion: PercentDone
  readonly #watch: InputWatch
  readonly #outputs: readonly GuardedOutput[]
  readonly #abort = new AbortController()
  #seekable: SeekableInputs | undefined
  #run: Run | undefined
  #starting: Promise<void> | undefined
  /** The last one. */
  #report: FfmpegProgress | undefined

  constructor(spec: JobSpec, listener: JobListener) {
    this.#spec = spec
    this.#listener = listener
    this.#completion = new PercentDone(spec.inputs[0]?.args ?? [], spec.outputs[0]?.args ?? [])
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
  }

  /** The ways into ffmpeg, one for each input that is piped in; none before it was started. */
  get inputs(): readonly StdinWriter[] {
    return this.#run?.inputs ?? []
  }

  /** The streams of all inputs and what becomes of them; none before ffmpeg has told. */
  get streams(): readonly InputStreamInfo[] {
    return this.#watch.streams
  }

  /** Bytes of input that ffmpeg was given, by pipe and by address. */
  get bytesIn(): number {
    return sumOf(this.inputs) + (this.#seekable?.bytesServed ?? 0)
  }

  /** Bytes that the sources were asked for, of inputs that are read by address. */
  get bytesFetched(): number {
    return this.#seekable?.bytesFetched ?? 0
  }

  /** Asks for the size of the input, for a share of it where ffmpeg does not know how long its media are. */
  measure(input: RandomAccess): void {
    input.size(this.#abort.signal).then(
      size => (this.#completion.inputSize = size),
      () => undefined,
    )
  }

  /**
   * Starts ffmpeg. Errors: those of the binary (not found, not started), of a source, or an `AbortError`.
   */
  start(): Promise<void> {
    return (this.#starting ??= this.#start())
  }

  /** More of an output is wanted. */
  resume(output: number): void {
    this.#run?.outputs[output]!.resume()
  }

  /**
   * Resolves when ffmpeg has ended and neither its exit nor its log says that it failed; its output may still be on
   * the way.
   *
   * @param isMediaFirst - tells whether the media of a piped MP4 came before its index
   * @throws {@link FfmpegError} the reason, as the {@link RunVerdict} sees it, with the name that may be meant
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

  /** Whether ffmpeg, which has ended well, read an input to its end: not where it made a part of it. */
  isReadToEnd(input: number): boolean {
    return isReadToEnd(input, this.#spec.inputs, this.#spec.outputs, this.#report)
  }

  /**
   * Numbers of the tracks of an MP4 output whose streams had no packet in their inputs: known when ffmpeg has ended.
   */
  silentTracks(output: number): ReadonlySet<number> {
    const silent = this.#run?.verdict.silentInputs ?? new Set()
    const targets = this.streams
      .filter(({ input, index }) => silent.has(streamKey(input, index)))
      .flatMap(({ into }) => into.filter(target => target.output === output))
    // The muxer numbers its tracks from 1, in the order of the streams.
    return new Set(targets.flatMap(({ stream }) => (stream === undefined ? [] : [stream + 1])))
  }

  /** How much less an input that is read by address has than its container states. */
  async shortfall(input: number): Promise<Shortfall | undefined> {
    const before = this.#spec.inputs.slice(0, input)
    const index = before.filter(({ source }) => source !== undefined).length
    return this.#seekable?.shortfall(index, this.#abort.signal)
  }

  /**
   * Resolves when all output was taken, down to its end, and there is something in it.
   *
   * @throws {@link FfmpegError} where either can't be said
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

  /** Ends ffmpeg and the server, whatever they are doing; resolves when nothing of either is left. */
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
    // Beside the first request of a source.
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

  /** Starts the server for what is read by address, where anything is. */
  async #serve(): Promise<SeekableInputs | undefined> {
    const { inputs, cacheSize } = this.#spec
    const sources = inputs.flatMap(({ source, head, format }) => (source ? [{ source, head, format }] : []))
    if (sources.length === 0) return undefined
    // Of a source that broke ffmpeg only knows that its input ended: this comes before that end does.
    const onError = (error: Error) => this.#listener.onError(error)
    return SeekableInputs.open(sources, cacheSize, onError, () => sumOf(this.#run?.outputs ?? []))
  }

  /** Takes what comes through the pipes. */
  #connect(command: JobCommand, child: FfmpegChild): Run {
    const formats = this.#spec.outputs.map(({ format }) => format)
    const verdict = new RunVerdict(command, formats, {
      onLog: entry => this.#onLog(entry),
      onProgress: report => this.#onProgress(report),
    })
    const inputs = command.inputs.map(fd => new StdinWriter(child.writable(fd)))
    const outputs = command.outputs.map((fd, n) => {
      const output = this.#outputs[n]!
      return new StdoutReader(child.readable(fd), chunk => output.push(chunk))
    })
    child.readable(STDERR).on('data', (chunk: Buffer) => verdict.log.push(chunk))
    child.readable(PROGRESS).on('data', (chunk: Buffer) => verdict.progress.push(chunk))
    return { command, child, verdict, inputs, outputs }
  }

  async #exit(child: FfmpegChild): Promise<ChildExit> {
    const exit = await child.exited
    this.#count()
    return exit
  }

  /** Tells the verdict what went in and came out. */
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

  /** Whether another job takes the place of this one, which waits for a track: nothing of any output has gone on. */
  #giveWay(): boolean {
    return this.#outputs.every(output => output.canBeMadeAnew) && this.#listener.onLateTrack?.() === true
  }

  #onLog(entry: FfmpegLogEntry): void {
    this.#completion.see(entry)
    if (isUnanswered(entry)) this.#listener.onError(inputUnreachable(entry.message))
    this.#listener.onLog(entry)
    this.#watch.see(entry)
    for (const output of this.#outputs) {
      output.see(entry)
      if (this.#watch.hasBegun) output.told()
    }
  }

  #onProgress(report: FfmpegProgress): void {
    this.#watch.isWorking()
    // The first may overtake what was said before it; by the second nothing was said: a wrapper script hides it.
    if (this.#watch.hasBegun || this.#report) for (const output of this.#outputs) output.told()
    this.#report = report
    const isWaiting = this.#outputs.some(output => output.isWaiting(report.outTime ?? 0))
    if (isWaiting) this.#giveWay()
    const { bytesIn } = this
    const percent = this.#completion.percent(report, bytesIn)
    this.#listener.onProgress({ ...report, bytesIn, ...(percent !== undefined && { percent }) })
  }
}

function sumOf(ways: readonly { readonly bytes: number }[]): number {
  return ways.reduce((sum, { bytes }) => sum + bytes, 0)
}

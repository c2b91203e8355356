import type { Shortfall } from '../../containers/container-watch.js'
import type { RandomAccess } from '../../io/random-access.js'
import { buildArguments } from '../args/build-arguments.js'
import { PercentDone } from '../log/percent-done.js'
import { CONTAINER_BYTES } from '../input/container-sniffer.js'
import type { FfmpegSpawn } from './ffmpeg-events.js'
import { FfmpegRun } from './ffmpeg-run.js'
import { GuardedOutput, type GuardedOutputSpec } from '../output/guarded-output.js'
import { emptyInput, inputUnreachable } from '../input/input-errors.js'
import { nameOf, namesByUrl } from '../input/input-names.js'
import type { FfmpegInput, InputStreamInfo, OnMissing } from '../streams/input-streams.js'
import { InputWatch } from './input-watch.js'
import { coverOf } from '../output/kept-cover.js'
import type { CoverChoice } from '../args/output-layout.js'
import { limitPrefix } from '../limits/limit-prefix.js'
import type { Limits } from '../limits/limits.js'
import { locateFfmpeg } from '../binary/locate-ffmpeg.js'
import type { FfmpegLogEntry } from '../log/log.js'
import { demuxerOf } from '../input/playlist-sniffer.js'
import { checkPipe } from '../route/pipe-failures.js'
import { previewArguments } from '../preview/stream-preview.js'
import type { PreviewQuestion } from '../preview/run-preview.js'
import type { FfmpegProgress } from '../log/progress.js'
import { isReadToEnd } from '../args/reads-to-end.js'
import { isUnanswered } from '../args/http-retry-arguments.js'
import { SEEK_PROTOCOLS, SeekableInputs } from './seekable-inputs.js'
import { type Prepare, SourceLook } from '../route/source-look.js'
import { streamKey } from '../report/stream-mapping.js'
import { type FailedTool, withSuggestion } from '../diagnosis/suggestion.js'
import { remarkOn } from '../binary/version.js'
import { versionOf } from '../binary/read-version.js'

/** The file descriptor that the child writes its progress to. */
const PROGRESS = 3

/** One input of a job. */
export interface JobInput {
  readonly format: string | undefined
  readonly args: readonly string[]
  /** Demuxers that may open it. */
  readonly formatWhitelist: readonly string[]
  /** What it is read from by address; `undefined` where it is written to a pipe of the child. */
  readonly source: RandomAccess | undefined
  /** What errors call it. */
  readonly name?: string | undefined
  /** First bytes of it that are known; of a piped input all that were looked at. */
  readonly head: Buffer
  /** What it has that a pipe can't bring, where that is known: a clause to be put behind its name. */
  readonly lost?: string | undefined
}

/** One output of a job. */
export interface JobOutput extends GuardedOutputSpec {
  /** What to do about a stream of an input that it lacks. Default `tell`. */
  readonly onMissing?: OnMissing | undefined
  /** What becomes of cover art. Default `leave-out`. */
  readonly cover?: CoverChoice | undefined
}

/** What a job is made of. */
export interface JobSpec {
  readonly ffmpegPath: string | undefined
  readonly inputs: readonly JobInput[]
  readonly outputs: readonly JobOutput[]
  readonly globalArgs: readonly string[]
  readonly env: Record<string, string>
  readonly killTimeout: number
  readonly limits: Limits
  /** Bytes that are cached of the inputs that are read by address. */
  readonly cacheSize: number
  /** Finds out the arguments of the input and the output, where they are one each. */
  readonly prepare?: Prepare | undefined
}

/** Who is told while a job goes on. */
export interface JobListener {
  onSpawn(child: FfmpegSpawn): void
  onLog(entry: FfmpegLogEntry): void
  onProgress(progress: FfmpegProgress): void
  /** What ffmpeg found in an input; told again when there is more to tell. */
  onInput(input: FfmpegInput): void
  /** Whether anybody wants to know that. */
  hearsInput(): boolean
  /**
   * An output waits for a track that begins late, and nothing of any output has gone on.
   *
   * @returns whether another job takes the place of this one
   */
  onLateTrack?(): boolean
  /** The job has failed for a reason that ffmpeg does not know: a source that broke, an output that is damaged. */
  onError(error: Error): void
}

/**
 * One job from its inputs to its end: the range server for what is read by address, the look ahead, the argument
 * list, the run. The stages are its faces: they bring the bytes of pipes in and take those of outputs away.
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
  #run: FfmpegRun | undefined
  /** What was run. */
  #tool: Omit<FailedTool, 'signal'> | undefined
  #starting: Promise<FfmpegRun> | undefined
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

  /** The run, once ffmpeg was started. */
  get run(): FfmpegRun | undefined {
    return this.#run
  }

  /** The streams of all inputs and what becomes of them; none before ffmpeg has told. */
  get streams(): readonly InputStreamInfo[] {
    return this.#watch.streams
  }

  /** Bytes of input that ffmpeg was given, by pipe and by address. */
  get bytesIn(): number {
    const piped = this.#run?.inputs.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0
    return piped + (this.#seekable?.bytesServed ?? 0)
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
  start(): Promise<FfmpegRun> {
    return (this.#starting ??= this.#start())
  }

  /**
   * Resolves when ffmpeg has ended well; its output may still be on the way.
   *
   * @param isMediaFirst - tells whether the media of a piped MP4 came before its index
   */
  async endedWell(isMediaFirst: () => boolean = () => false): Promise<void> {
    try {
      await this.#run!.endedWell(isMediaFirst)
    } catch (error) {
      throw await withSuggestion(error, { ...this.#tool!, signal: this.#abort.signal })
    }
    const doubt = this.#watch.doubt()
    if (doubt) throw doubt
  }

  /** Whether ffmpeg, which has ended well, read an input to its end: not where it made a part of it. */
  isReadToEnd(input: number): boolean {
    return isReadToEnd(input, this.#spec.inputs, this.#spec.outputs, this.#report)
  }

  /** Numbers of the tracks of an MP4 output whose streams had no packet in their inputs: known when ffmpeg has ended. */
  silentTracks(output: number): ReadonlySet<number> {
    const silent = this.#run?.silentInputs ?? new Set()
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

  /** Resolves when all output was taken, down to its end, and there is something in it. */
  async deliveredAll(): Promise<void> {
    await this.#run!.deliveredAll()
    for (const output of this.#outputs) output.end()
  }

  /** Ends ffmpeg and the server, whatever they are doing; resolves when nothing of either is left. */
  async kill(): Promise<void> {
    this.#abort.abort()
    await this.#starting?.catch(() => undefined)
    await this.#run?.kill()
    await this.#seekable?.close()
  }

  async #start(): Promise<FfmpegRun> {
    const { ffmpegPath, inputs, outputs, globalArgs, killTimeout, limits } = this.#spec
    const { signal } = this.#abort
    signal.throwIfAborted()
    const { path, from } = await locateFfmpeg(ffmpegPath)
    const prefix = await limitPrefix(limits)
    signal.throwIfAborted()
    // Beside the first request of a source.
    const version = versionOf(path, this.#spec.env, signal)
    version.catch(() => undefined)
    const sources = inputs.flatMap(({ source, head, format }) => (source ? [{ source, head, format }] : []))
    if (sources.length > 0) {
      // Of a source that broke ffmpeg only knows that its input ended: this comes before that end does.
      const onError = (error: Error) => this.#listener.onError(error)
      const bytesOut = () => this.#run?.outputs.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0
      this.#seekable = await SeekableInputs.open(sources, this.#spec.cacheSize, onError, bytesOut)
    }
    signal.throwIfAborted()
    const heads = await this.#heads()
    this.#remark(remarkOn(path, await version))
    for (const [n, input] of inputs.entries()) {
      if (input.source === undefined) this.#noteLoss(n, checkPipe(input, nameOf(input), await version))
    }
    const env = this.#seekable?.environment(this.#spec.env) ?? this.#spec.env
    const fds = descriptors(
      inputs.map(({ source }) => source === undefined).filter(Boolean).length,
      outputs.length,
    )
    const urls = { pipes: fds.inputs.map(fd => `pipe:${fd}`), addresses: [...(this.#seekable?.urls ?? [])] }
    const inputSpecs = inputs.map((input, n) => ({
      ...(input.source === undefined
        ? { url: urls.pipes.shift()!, protocols: ['pipe'] }
        : { url: urls.addresses.shift()!, protocols: SEEK_PROTOCOLS }),
      format: demuxerOf(input, heads[n]!, nameOf(input)),
      args: input.args,
      formatWhitelist: input.formatWhitelist,
    }))
    const outputSpecs = outputs.map(({ format, args, layout, hasLateTrack, cover }, n) => ({
      url: `pipe:${fds.outputs[n]!}`,
      ...{ format, args, layout, hasLateTrack, cover },
    }))
    if (this.#spec.prepare) {
      const [input, output] = [inputSpecs[0]!, outputSpecs[0]!]
      const remark = (message: string) => this.#remark(message)
      const source = this.#seekable?.access(0)
      const look = new SourceLook({ path, env, prefix, limits, input, source, signal, remark })
      const prepared = await this.#spec.prepare(look)
      input.args = prepared.input
      output.args = prepared.output
    }
    const question: PreviewQuestion = {
      inputs: inputSpecs.map((spec, n) => ({ spec, head: heads[n]! })),
      outputs: outputSpecs,
      globalArgs,
      ffmpegPath: path,
      ...{ env, limits, prefix, signal },
    }
    const added = await previewArguments(question)
    await this.#keepCover(question)
    signal.throwIfAborted()
    const command = {
      inputs: inputSpecs,
      outputs: outputSpecs.map((spec, n) => ({ ...spec, added: added[n] })),
      globalArgs,
      progressUrl: `pipe:${PROGRESS}`,
      limits,
    }
    // ffmpeg counts what it muxed at this level, and at no other: its exit code and its clock are those of a success
    // where that was nothing.
    const args = buildArguments({ ...command, leastLogLevel: 'verbose' })
    const hidesVerbose = buildArguments(command).includes('level+info')
    const run = await FfmpegRun.start(
      {
        inputName: inputs.length === 1 ? nameOf(inputs[0]!) : undefined,
        names: namesByUrl(inputs, inputSpecs, outputSpecs),
        ...{ path, args, env, prefix, killTimeout, hidesVerbose, progress: PROGRESS, inputs: fds.inputs },
        outputs: outputs.map((output, n) => ({
          fd: fds.outputs[n]!,
          format: output.format,
          push: chunk => this.#outputs[n]!.push(chunk),
        })),
        bytesServed: () => this.#seekable?.bytesServed ?? 0,
      },
      { onLog: entry => this.#onLog(entry), onProgress: report => this.#onProgress(report) },
    )
    this.#run = run
    this.#tool = { path, env: this.#spec.env }
    signal.throwIfAborted()
    this.#listener.onSpawn({ path, from, args, pid: run.pid })
    return run
  }

  async #keepCover(question: PreviewQuestion): Promise<void> {
    const keeping = this.#spec.outputs.flatMap(({ cover }, n) => (cover === 'keep' ? [n] : []))
    if (keeping.length === 0) return
    const cover = await coverOf(question, message => this.#remark(message))
    if (cover === undefined) return
    for (const n of keeping) {
      this.#outputs[n]!.keepCover(cover.image)
      this.#watch.keepsCover(n, cover.input, cover.stream)
    }
  }

  #remark(message: string | undefined): void {
    if (message !== undefined) this.#listener.onLog({ level: 'warning', component: 'avio-streams', message })
  }

  #noteLoss(input: number, message: string | undefined): void {
    if (message === undefined) return
    this.#remark(message)
    this.#watch.note(input, { kind: 'out-of-reach', message })
  }

  /** The first bytes of each input: those that came by pipe, else as many as tell the container. */
  async #heads(): Promise<Buffer[]> {
    const heads = [...((await this.#seekable?.heads(CONTAINER_BYTES, this.#abort.signal)) ?? [])]
    const empty = heads.findIndex(head => head.length === 0)
    if (empty >= 0) throw emptyInput(this.#spec.inputs.filter(({ source }) => source)[empty]!.source!.name)
    return this.#spec.inputs.map(({ source, head }) => (source === undefined ? head : heads.shift()!))
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

/** File descriptors for so many pipes in and out: the standard ones first, then those behind the progress pipe. */
export function descriptors(inputs: number, outputs: number): { inputs: number[]; outputs: number[] } {
  let next = PROGRESS + 1
  const list = (count: number, first: number) =>
    Array.from({ length: count }, (_, n) => (n === 0 ? first : next++))
  return { inputs: list(inputs, 0), outputs: list(outputs, 1) }
}

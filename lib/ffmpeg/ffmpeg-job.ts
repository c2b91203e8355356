import type { RandomAccess } from '../io/random-access.js'
import { ffmpegArguments } from './arguments.js'
import { BoxSizeGuard } from './box-size-guard.js'
import { Completion } from './completion.js'
import { CONTAINER_BYTES } from './cover-art.js'
import type { FfmpegSpawn } from './ffmpeg-events.js'
import { FfmpegRun } from './ffmpeg-run.js'
import { muxerOf } from './formats.js'
import { Id3SizeGuard } from './id3-size-guard.js'
import { emptyInput } from './input-error.js'
import type { OutputLayout } from './layout.js'
import { locateFfmpeg } from './locate.js'
import type { FfmpegLogEntry } from './log.js'
import { previewArguments } from './preview.js'
import type { FfmpegProgress } from './progress.js'
import { SEEK_PROTOCOLS, SeekableInputs } from './seekable-inputs.js'

/** The file descriptor that the child writes its progress to. */
const PROGRESS = 3

/** One input of a job. */
export interface JobInput {
  readonly format: string | undefined
  readonly args: readonly string[]
  /** Demuxers that may open it, where it is read by address. */
  readonly formatWhitelist: readonly string[]
  /** What it is read from by address; `undefined` where it is written to a pipe of the child. */
  readonly source: RandomAccess | undefined
  /** First bytes of it that are known; of a piped input all that were looked at. */
  readonly head: Buffer
}

/** One output of a job. */
export interface JobOutput {
  readonly format: string
  readonly args: readonly string[]
  /** How it lies in what it is stored in. Default `stream`. */
  readonly layout?: OutputLayout | undefined
  /** Takes a chunk and says whether it wants more now. */
  readonly push: (chunk: Buffer) => boolean
}

/** What a job is made of. */
export interface JobSpec {
  readonly ffmpegPath: string | undefined
  readonly inputs: readonly JobInput[]
  readonly outputs: readonly JobOutput[]
  readonly globalArgs: readonly string[]
  readonly env: Record<string, string>
  readonly killTimeout: number
  /** Bytes that are cached of the inputs that are read by address. */
  readonly cacheSize: number
}

/** Who is told while a job goes on. */
export interface JobListener {
  onSpawn(child: FfmpegSpawn): void
  onLog(entry: FfmpegLogEntry): void
  onProgress(progress: FfmpegProgress): void
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
  readonly #completion: Completion
  readonly #abort = new AbortController()
  #seekable: SeekableInputs | undefined
  #run: FfmpegRun | undefined
  #starting: Promise<FfmpegRun> | undefined
  /** Nobody but the job itself has asked for lines of the level `verbose`. */
  #hidesVerbose = true

  constructor(spec: JobSpec, listener: JobListener) {
    this.#spec = spec
    this.#listener = listener
    this.#completion = new Completion(spec.inputs[0]?.args ?? [], spec.outputs[0]?.args ?? [])
  }

  /** The run, once ffmpeg was started. */
  get run(): FfmpegRun | undefined {
    return this.#run
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
  endedWell(isMediaFirst: () => boolean = () => false): Promise<void> {
    return this.#run!.endedWell(isMediaFirst)
  }

  /** Resolves when all output was taken, down to its end, and there is something in it. */
  deliveredAll(): Promise<void> {
    return this.#run!.deliveredAll()
  }

  /** Ends ffmpeg and the server, whatever they are doing; resolves when nothing of either is left. */
  async kill(): Promise<void> {
    this.#abort.abort()
    await this.#starting?.catch(() => undefined)
    await this.#run?.kill()
    await this.#seekable?.close()
  }

  async #start(): Promise<FfmpegRun> {
    const { ffmpegPath, inputs, outputs, globalArgs, killTimeout } = this.#spec
    const { signal } = this.#abort
    signal.throwIfAborted()
    const path = await locateFfmpeg(ffmpegPath)
    signal.throwIfAborted()
    const sources = inputs.flatMap(({ source, head }) => (source ? [{ source, head }] : []))
    if (sources.length > 0) {
      // Of a source that broke ffmpeg only knows that its input ended: this comes before that end does.
      const onError = (error: Error) => this.#listener.onError(error)
      this.#seekable = await SeekableInputs.open(sources, this.#spec.cacheSize, onError)
    }
    signal.throwIfAborted()
    const heads = await this.#heads()
    const env = this.#seekable?.environment(this.#spec.env) ?? this.#spec.env
    const fds = descriptors(
      inputs.map(({ source }) => source === undefined).filter(Boolean).length,
      outputs.length,
    )
    const urls = { pipes: fds.inputs.map(fd => `pipe:${fd}`), addresses: [...(this.#seekable?.urls ?? [])] }
    const inputSpecs = inputs.map(({ source, format, args, formatWhitelist }) =>
      source === undefined
        ? { url: urls.pipes.shift()!, protocols: ['pipe'], format, args }
        : { url: urls.addresses.shift()!, protocols: SEEK_PROTOCOLS, format, args, formatWhitelist },
    )
    const outputSpecs = outputs.map(({ format, args, layout }, n) => ({
      url: `pipe:${fds.outputs[n]!}`,
      ...{ format, args, layout },
    }))
    const added = await previewArguments({
      inputs: inputSpecs.map((spec, n) => ({ spec, head: heads[n]! })),
      outputs: outputSpecs,
      globalArgs,
      ffmpegPath: path,
      env,
      signal,
    })
    signal.throwIfAborted()
    const command = {
      inputs: inputSpecs,
      outputs: outputSpecs.map((spec, n) => ({ ...spec, added: added[n] })),
      globalArgs,
      progressUrl: `pipe:${PROGRESS}`,
    }
    const plain = ffmpegArguments(command)
    // Of several outputs ffmpeg says only so which of them got nothing.
    const args = outputs.length > 1 ? ffmpegArguments({ ...command, leastLogLevel: 'verbose' }) : plain
    this.#hidesVerbose = plain.includes('level+info')
    const run = await FfmpegRun.start(
      {
        ...{ path, args, env, killTimeout, progress: PROGRESS, inputs: fds.inputs },
        outputs: outputs.map((output, n) => ({
          fd: fds.outputs[n]!,
          format: output.format,
          push: this.#guarded(output),
        })),
        bytesServed: () => this.#seekable?.bytesServed ?? 0,
      },
      { onLog: entry => this.#onLog(entry), onProgress: report => this.#onProgress(report) },
    )
    this.#run = run
    signal.throwIfAborted()
    this.#listener.onSpawn({ path, args, pid: run.pid })
    return run
  }

  /** The first bytes of each input: those that came by pipe, else as many as tell the container. */
  async #heads(): Promise<Buffer[]> {
    const heads = [...((await this.#seekable?.heads(CONTAINER_BYTES, this.#abort.signal)) ?? [])]
    if (heads.some(head => head.length === 0)) throw emptyInput()
    return this.#spec.inputs.map(({ source, head }) => (source === undefined ? head : heads.shift()!))
  }

  /** What lost its size is an error the moment it comes: what follows it can't be read, or not what is in it. */
  #guarded(output: JobOutput): (chunk: Buffer) => boolean {
    const { push } = output
    const guard = guardOf(output)
    if (guard === undefined) return push
    return chunk => {
      try {
        guard.check(chunk)
      } catch (error) {
        this.#listener.onError(error as Error)
        return false
      }
      return push(chunk)
    }
  }

  #onLog(entry: FfmpegLogEntry): void {
    this.#completion.see(entry)
    if (entry.level !== 'verbose' || !this.#hidesVerbose) this.#listener.onLog(entry)
  }

  #onProgress(report: FfmpegProgress): void {
    const { bytesIn } = this
    const percent = this.#completion.percent(report, bytesIn)
    this.#listener.onProgress({ ...report, bytesIn, ...(percent !== undefined && { percent }) })
  }
}

/** What watches an output for a size that ffmpeg could not fill in; a held head has it in the end. */
function guardOf({ format, layout }: JobOutput): { check(chunk: Buffer): void } | undefined {
  if (muxerOf(format).isMp4) return new BoxSizeGuard()
  return format === 'mp3' && layout !== 'held-head' ? new Id3SizeGuard() : undefined
}

/** File descriptors for so many pipes in and out: the standard ones first, then those behind the progress pipe. */
export function descriptors(inputs: number, outputs: number): { inputs: number[]; outputs: number[] } {
  let next = PROGRESS + 1
  const list = (count: number, first: number) =>
    Array.from({ length: count }, (_, n) => (n === 0 ? first : next++))
  return { inputs: list(inputs, 0), outputs: list(outputs, 1) }
}

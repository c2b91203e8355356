import { isReadable, isWritable } from '../io/stream-kinds.js'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { onAbort } from '../io/async/abort-listeners.js'
import { FfmpegProcess, type FfmpegProcessOptions } from '../ffmpeg/ffmpeg-process.js'
import type {
  FfmpegDemuxerOptions,
  FfmpegInputOptions,
  FfmpegOutputOptions,
  OneInput,
  SeveralInputs,
} from '../ffmpeg/ffmpeg-options.js'
import { SEEKABLE_OR_STREAM, inputObject, sourceOption } from '../ffmpeg/source-option.js'
import type { FfmpegInput, InputStreamInfo } from '../ffmpeg/streams/input-info.js'
import type { FfmpegLogEntry } from '../ffmpeg/log/log.js'
import type { FfmpegProgress } from '../ffmpeg/log/progress.js'
import { abortError } from '../io/async/abort-error.js'
import { CommitGroup } from '../io/pipeline/commit-group.js'
import { type Monitor, monitor } from '../io/monitor/monitor.js'
import { type CommitHook, commitOf } from '../io/pipeline/commit-hook.js'
import type { RandomAccess } from '../io/random-access.js'
import { functionOption, optionError, optionsObject } from '../options.js'

/** One input of {@link transcode}. */
export interface TranscodeInput extends FfmpegDemuxerOptions, Pick<FfmpegInputOptions, 'seek'> {
  /** A stream to pipe in, such as an `S3RangeReadable`; or random access, such as an `S3Source`. */
  source: Readable | RandomAccess
}

/** One output of {@link transcode}. */
export type TranscodeOutput = FfmpegOutputOptions & TranscodeTarget

/** Where an output of {@link transcode} goes. */
export interface TranscodeTarget {
  /**
   * The destination: a sink, or a list of stages that ends with the sink. With several outputs, each sink must
   * be able to wait before its commit: `S3MultipartWritable`, `FileWritable`, a rendition of `CmafPackager`.
   */
  to: Writable | readonly Writable[]
}

/** What {@link transcode} reads: a stream, a source, or an object that has it as `source`. */
export type TranscodeSource = Readable | RandomAccess | TranscodeInput

/** Options of {@link transcode}: one `input`, or several `inputs`, and at least one output. */
export type TranscodeOptions<Outputs extends readonly TranscodeOutput[] = readonly TranscodeOutput[]> =
  TranscodeSettings<Outputs> & (OneInput<TranscodeSource> | SeveralInputs<TranscodeSource>)

/** Options of {@link transcode} beside its inputs: those of `FfmpegProcess`, and its own. */
export interface TranscodeSettings<
  Outputs extends readonly TranscodeOutput[] = readonly TranscodeOutput[],
> extends Omit<FfmpegProcessOptions, 'inputs' | 'outputs'> {
  /** At least one. */
  outputs: Outputs
  /**
   * Other outputs that become visible together with these, or not at all: the commits of sinks that something else
   * writes to (`commitOf(sink)` of `avio-streams/protocol`). They commit before the outputs of this call; a failure of
   * one ends ffmpeg.
   * @defaultValue none
   */
  commitWith?: readonly CommitHook[] | undefined
  /** Called with the progress of ffmpeg, about twice a second. @defaultValue none */
  onProgress?: ((progress: FfmpegProgress) => void) | undefined
  /** Called for each line of ffmpeg's stderr. @defaultValue none */
  onLog?: ((entry: FfmpegLogEntry) => void) | undefined
  /** Called with each input's streams, as ffmpeg found them, and how they are used. @defaultValue none */
  onInput?: ((input: FfmpegInput) => void) | undefined
  /**
   * Called once, before data flows, with a monitor of all stages: `source` for each piped input, `ffmpeg`, the stages
   * of each output, and `sink` (`source 0`, `sink 1` where there are several). Without it nothing is measured.
   * @defaultValue none
   */
  onMonitor?: ((monitor: Monitor) => void) | undefined
}

/** The type of a sink's `result`; in a list of stages, the sink is the last one. */
export type SinkResult<To> = To extends readonly [...unknown[], infer Sink]
  ? SinkResult<Sink>
  : To extends { readonly result: PromiseLike<infer Result> }
    ? Result
    : unknown

/** The result of {@link transcode}. */
export interface TranscodeResult<Outputs extends readonly TranscodeTarget[] = readonly TranscodeTarget[]> {
  /** The `result` of each sink (an `UploadResult` of S3MultipartWritable), in the order of the outputs. */
  readonly results: { readonly [N in keyof Outputs]: SinkResult<Outputs[N]['to']> }
  /** The streams of the inputs, with the fate of each. */
  readonly streams: readonly InputStreamInfo[]
}

/**
 * One decode, any number of outputs, either all stored or none.
 *
 * - It resolves when every output is committed. The sinks wait for each other before their last request, which
 *   makes an object visible: none is sent before all are stored and have passed their `beforeCommit`. A failure
 *   before that leaves nothing behind; the first error is thrown.
 * - These last requests are sent one after the other. If one is refused even then, S3 has no transaction to
 *   undo the earlier ones: {@link CommitError} `AVIO_ERR_COMMIT_PARTIAL` lists the visible and the missing
 *   outputs.
 * - One slow output holds all back, because they share a decoder.
 *
 * Memory and errors: those of `FfmpegProcess` and of the given stages.
 *
 * @example
 * ```ts
 * const rung = (height: number, rate: string) => ({
 *   format: 'mp4' as const,
 *   layout: 'file' as const,
 *   args: ['-vf', `scale=-2:${height}`, '-c:v', 'libx264', '-b:v', rate, '-c:a', 'aac'],
 *   to: new S3MultipartWritable({ client, bucket: 'web', key: `talk-${height}.mp4` }),
 * })
 * await transcode({
 *   input: new S3RangeReadable({ client, bucket: 'masters', key: 'talk.mov' }),
 *   outputs: [rung(1080, '5M'), rung(720, '2500k'), rung(360, '800k')],
 * })
 * ```
 * @throws {@link OptionError} for an invalid option, before anything starts
 */
export async function transcode<const Outputs extends readonly TranscodeOutput[]>(
  options: TranscodeOptions<Outputs>,
): Promise<TranscodeResult<Outputs>> {
  optionsObject(options, 'transcode')
  const {
    input,
    inputs,
    outputs,
    commitWith = [],
    onProgress,
    onLog,
    onInput,
    onMonitor,
    ...shared
  } = options
  const sources = inputsOf(input, inputs)
  const ways = waysOf(outputs, commitWith.length)
  functionOption(options, 'onProgress')
  functionOption(options, 'onLog')
  functionOption(options, 'onInput')
  functionOption(options, 'onMonitor')
  const ffmpeg = new FfmpegProcess({
    ...shared,
    inputs: sources.map(({ source, ...rest }) => (isReadable(source) ? rest : { source, ...rest })),
    outputs: outputs.map(withoutSink),
  })
  if (onProgress) ffmpeg.on('progress', onProgress)
  if (onLog) ffmpeg.on('log', onLog)
  if (onInput) ffmpeg.on('input', onInput)
  onMonitor?.(monitorOf(ffmpeg, sources, ways))
  return (await run(ffmpeg, sources, ways, commitWith, shared.signal)) as TranscodeResult<Outputs>
}

/**
 * A failure destroys the other stages; the first error counts. The sinks listen to the signal themselves: they still
 * store, check and wait for each other when the process has ended and no longer listens.
 */
async function run(
  ffmpeg: FfmpegProcess,
  sources: readonly TranscodeInput[],
  ways: readonly (readonly Writable[])[],
  others: readonly CommitHook[],
  signal: AbortSignal | undefined,
): Promise<TranscodeResult> {
  const sinks = ways.map(way => commitOf(way.at(-1)))
  const group = new CommitGroup({ members: [...others, ...sinks.flatMap(sink => sink ?? [])] })
  let failure: { readonly error: unknown } | undefined
  const fail = (error: unknown): void => {
    failure ??= { error }
    group.fail(error)
    ffmpeg.destroy(error as Error)
  }
  for (const { result } of others) result.catch(fail)
  // They report through `result`; a Node 24 pipeline does not listen to a stream that is destroyed when it
  // starts.
  for (const stream of [...ffmpeg.inputs, ...ffmpeg.outputs]) stream?.on('error', () => undefined)
  const flows = [
    ...sources.flatMap(({ source }, n) => (isReadable(source) ? [pipeline(source, ffmpeg.inputs[n]!)] : [])),
    ...ways.map((way, n) => pipeline([ffmpeg.outputs[n]!, ...way] as never)),
  ]
  const over = [...flows, ffmpeg.result].map((flow: Promise<unknown>) => flow.catch(fail))
  // Only after creating the pipelines: Node 24 creates none for a destroyed stage, and leaves its source open.
  if (signal?.aborted === true) fail(abortError(signal))
  const abort = () => ways.forEach(way => way.at(-1)!.destroy(abortError(signal!)))
  const forget = onAbort(signal, abort)
  const [results] = await Promise.allSettled([group.settled(), ...over])
  forget()
  if (results.status === 'rejected') throw results.reason
  // An abort during the last of these requests, which is never cancelled, is too late.
  if (failure && sinks.includes(undefined)) throw failure.error
  const committed = results.value
  return { results: sinks.map(sink => sink && committed.get(sink)), streams: ffmpeg.streams }
}

function monitorOf(
  ffmpeg: FfmpegProcess,
  sources: readonly TranscodeInput[],
  ways: readonly (readonly Writable[])[],
): Monitor {
  const numbered = (name: string, n: number, count: number) => (count > 1 ? `${name} ${n}` : name)
  const stages = [
    ...sources.flatMap(({ source }, n) =>
      isReadable(source) ? [{ stage: source, name: numbered('source', n, sources.length) }] : [],
    ),
    { stage: ffmpeg, name: 'ffmpeg' },
    ...ways.flatMap((way, n) =>
      way.map((stage, at) => {
        const name = at === way.length - 1 ? 'sink' : stage.constructor.name
        return { stage, name: numbered(name, n, ways.length) }
      }),
    ),
  ]
  return monitor(
    stages.map(({ stage }) => stage),
    { names: stages.map(({ name }) => name) },
  )
}

function inputsOf(
  input: TranscodeSource | undefined,
  inputs: readonly TranscodeSource[] | undefined,
): readonly TranscodeInput[] {
  const list: unknown = inputs ?? (input === undefined ? [] : [input])
  if ((input !== undefined && inputs !== undefined) || !Array.isArray(list) || list.length === 0) {
    throw optionError('input', 'what is read, or "inputs" an array of such', inputs ?? input)
  }
  return list.map((one: unknown, n) => {
    const name = inputs === undefined ? 'input' : `inputs[${n}]`
    const whole = inputObject(one, name, SEEKABLE_OR_STREAM) as TranscodeInput
    sourceOption(whole, `${name}.source`, SEEKABLE_OR_STREAM)
    return whole
  })
}

/** The ffmpeg options of an output, including misspelt ones, which are reported there. */
function withoutSink(output: TranscodeOutput): FfmpegOutputOptions {
  const rest: Partial<TranscodeOutput> = { ...output }
  delete rest.to
  return rest as FfmpegOutputOptions
}

/** The stages of each output. With several outputs, every sink must be able to wait for the others. */
function waysOf(outputs: readonly TranscodeOutput[], others: number): readonly (readonly Writable[])[] {
  if (!Array.isArray(outputs) || outputs.length === 0) {
    throw optionError('outputs', 'an array of at least one output', outputs)
  }
  const seen = new Set<unknown>()
  return outputs.map((output: TranscodeOutput, n) => {
    const name = `outputs[${n}]`
    const { to } = optionsObject(output, name) as TranscodeOutput
    const way = isWritable(to) ? [to] : to
    if (!Array.isArray(way) || way.length === 0 || !way.every(stage => isWritable(stage))) {
      throw optionError(
        `${name}.to`,
        'a Writable, or an array of the stages with the sink as the last one',
        to,
      )
    }
    if (way.some(stage => seen.size === seen.add(stage).size)) {
      throw optionError(`${name}.to`, 'made of stages that no other output goes through', to)
    }
    if (outputs.length + others > 1 && commitOf(way.at(-1)) === undefined) {
      const rule = 'ended by a sink that can wait before its commit (S3MultipartWritable, FileWritable)'
      throw optionError(`${name}.to`, `${rule}, so that all outputs are committed or none`, way.at(-1))
    }
    return way
  })
}

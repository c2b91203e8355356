import { buildArguments } from '../args/build-arguments.js'
import { isPaced } from '../args/packet-flush.js'
import { type FfmpegVersion, remarkOn } from '../binary/version.js'
import type { ChildCommand } from '../child/ffmpeg-child.js'
import type { RunVerdictCommand } from '../diagnosis/run-verdict.js'
import { CONTAINER_BYTES } from '../input/container-sniffer.js'
import { emptyInput } from '../input/input-errors.js'
import { nameOf, namesByUrl } from '../input/input-names.js'
import { demuxerOf } from '../input/playlist-sniffer.js'
import { type KeptCover, coverOf } from '../output/kept-cover.js'
import type { PreviewQuestion } from '../preview/run-preview.js'
import { previewArguments } from '../preview/stream-preview.js'
import { checkPipe } from '../route/pipe-failures.js'
import { SourceLook } from '../route/source-look.js'
import type { RunSpec } from './run-spec.js'
import { SEEK_PROTOCOLS, type SeekableInputs } from './seekable-inputs.js'

/** The child's file descriptors for its log and its progress. */
export const STDERR = 2
export const PROGRESS = 3

/** What building a command needs, and callbacks for findings. */
export interface CommandMaker {
  /** The binary, as a path. */
  readonly path: string
  /** Commands that apply limits and then exec the binary. */
  readonly prefix: readonly string[]
  /** The version of ffmpeg, determined in parallel with the first request of a source. */
  readonly version: Promise<FfmpegVersion | undefined>
  /** Inputs read by seeking. */
  readonly seekable: SeekableInputs | undefined
  readonly signal: AbortSignal
  /** Passes a message to the user. */
  remark(message: string): void
  /** Reports data of an input that a pipe can't deliver. */
  noteLoss(input: number, message: string): void
  /** Reports a cover found for these outputs. */
  keepCover(outputs: readonly number[], cover: KeptCover): void
}

/** The command to run. */
export interface RunCommand extends ChildCommand, RunVerdictCommand {
  /** File descriptors from which ffmpeg reads media, one for each piped input. */
  readonly inputs: readonly number[]
  /** File descriptors to which it writes media, one for each output. */
  readonly outputs: readonly number[]
}

/**
 * Builds the command of a run: assigns pipes and URLs, finds the demuxers from the first bytes, and previews the inputs
 * to add missing arguments.
 *
 * @throws the error of a preview or a source; an error for an empty input; the reason of `signal`
 */
export async function jobCommand(spec: RunSpec, maker: CommandMaker): Promise<RunCommand> {
  const { inputs, outputs, globalArgs, killTimeout, limits } = spec
  const { path, prefix, seekable, signal } = maker
  const heads = await headsOf(spec, maker)
  const version = await maker.version
  const remark = remarkOn(path, version)
  if (remark !== undefined) maker.remark(remark)
  for (const [n, input] of inputs.entries()) {
    const loss = input.source === undefined ? checkPipe(input, nameOf(input), version) : undefined
    if (loss !== undefined) maker.noteLoss(n, loss)
  }
  const env = seekable?.environment(spec.env) ?? spec.env
  const fds = descriptors(inputs.filter(({ source }) => source === undefined).length, outputs.length)
  const urls = { pipes: fds.inputs.map(fd => `pipe:${fd}`), addresses: [...(seekable?.urls ?? [])] }
  const inputSpecs = inputs.map((input, n) => ({
    ...(input.source === undefined
      ? { url: urls.pipes.shift()!, protocols: ['pipe'] }
      : { url: urls.addresses.shift()!, protocols: SEEK_PROTOCOLS }),
    format: demuxerOf(input, heads[n]!, nameOf(input)),
    args: input.args,
    formatWhitelist: input.formatWhitelist,
  }))
  const isLive =
    isPaced(globalArgs, 'globalArgs') ||
    inputs.some(({ mayBeLive, args }) => mayBeLive === true || isPaced(args, 'input.args'))
  const outputSpecs = outputs.map(({ format, args, layout, hasLateTrack, cover }, n) => ({
    url: `pipe:${fds.outputs[n]!}`,
    ...{ format, args, layout, hasLateTrack, cover },
    isLive: isLive || isPaced(args, 'output.args'),
  }))
  if (spec.prepare) {
    const [input, output] = [inputSpecs[0]!, outputSpecs[0]!]
    const remark = (message: string) => maker.remark(message)
    const source = seekable?.access(0)
    const look = new SourceLook({ path, env, prefix, limits, input, source, signal, remark })
    const prepared = await spec.prepare(look)
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
  await keepCover(spec, question, maker)
  signal.throwIfAborted()
  const command = {
    inputs: inputSpecs,
    outputs: outputSpecs.map((spec, n) => ({ ...spec, added: added[n] })),
    globalArgs,
    progressUrl: `pipe:${PROGRESS}`,
    limits,
  }
  return {
    ...{ path, env, prefix, killTimeout, ...fds },
    // Only at this level does ffmpeg log how much it muxed; if that was nothing, its exit code and progress still look
    // like success.
    args: buildArguments({ ...command, leastLogLevel: 'verbose' }),
    hidesVerbose: buildArguments(command).includes('level+info'),
    pipes: pipesOf(fds),
    inputName: inputs.length === 1 ? nameOf(inputs[0]!) : undefined,
    names: namesByUrl(inputs, inputSpecs, outputSpecs),
  }
}

/** The first bytes of each input: those already piped in, else as many as identify the container. */
async function headsOf({ inputs }: RunSpec, { seekable, signal }: CommandMaker): Promise<Buffer[]> {
  const heads = [...((await seekable?.heads(CONTAINER_BYTES, signal)) ?? [])]
  const empty = heads.findIndex(head => head.length === 0)
  if (empty >= 0) throw emptyInput(inputs.filter(({ source }) => source)[empty]!.source!.name)
  return inputs.map(({ source, head }) => (source === undefined ? head : heads.shift()!))
}

async function keepCover(
  { outputs }: RunSpec,
  question: PreviewQuestion,
  maker: CommandMaker,
): Promise<void> {
  const keeping = outputs.flatMap(({ cover }, n) => (cover === 'keep' ? [n] : []))
  if (keeping.length === 0) return
  const cover = await coverOf(question, message => maker.remark(message))
  if (cover !== undefined) maker.keepCover(keeping, cover)
}

/** The file descriptors of a run. */
interface Descriptors {
  readonly inputs: readonly number[]
  readonly outputs: readonly number[]
}

/** File descriptors for this many pipes in and out: after the standard ones and the progress pipe. */
export function descriptors(inputs: number, outputs: number): Descriptors {
  let next = PROGRESS + 1
  const list = (count: number, first: number) =>
    Array.from({ length: count }, (_, n) => (n === 0 ? first : next++))
  return { inputs: list(inputs, 0), outputs: list(outputs, 1) }
}

function pipesOf({ inputs, outputs }: Descriptors): ChildCommand['pipes'] {
  const outs = [STDERR, PROGRESS, ...outputs]
  return Array.from({ length: Math.max(...outs, ...inputs) + 1 }, (_, fd) =>
    inputs.includes(fd) ? 'in' : outs.includes(fd) ? 'out' : 'none',
  )
}

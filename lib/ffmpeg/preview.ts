import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { KiB, MiB } from '../options.js'
import { readArguments } from './argument-list.js'
import { type InputSpec, type OutputSpec, ffmpegArguments } from './arguments.js'
import { type Container, CONTAINER_BYTES, containerOf, hasCover, metadataEnd } from './cover-art.js'
import { muxerOf } from './formats.js'
import { LogReader } from './log.js'
import { type Mapping, StreamReport } from './stream-report.js'

/**
 * What a fragmented MP4 needs and arguments alone can't say, because it depends on the streams of the input:
 *
 * - AAC in ADTS frames (MPEG-TS, raw AAC …) has to be unwrapped on its way into an MP4. To a file ffmpeg's muxer adds
 *   the bitstream filter by itself; under `delay_moov` it does not and fails with "Malformed AAC bitstream". The
 *   filter fails on any other codec, so it must be given to the right streams.
 * - Cover art goes into the `moov`, which can't be that large on a pipe: it is left out.
 *
 * ffmpeg itself is asked, with the very same arguments, on the first bytes of the input: it says which streams there
 * are and which goes where before it reads on, and is ended there. That takes some 50 ms, and is done only where
 * the container and the arguments leave one of these questions open.
 */

/** What a look at the heads of the inputs is asked for. */
export interface PreviewQuestion {
  /** Each input, with the first bytes of it: as many as {@link previewBytes} wants, or all there are. */
  readonly inputs: readonly { readonly spec: InputSpec; readonly head: Buffer }[]
  readonly outputs: readonly OutputSpec[]
  /** The user's own global arguments: filters between several inputs and outputs are among them. */
  readonly globalArgs?: readonly string[]
  readonly ffmpegPath: string
  readonly env: Record<string, string>
  readonly signal?: AbortSignal | undefined
}

/** The most that {@link previewBytes} ever asks for. Cover art beyond it is not found, and fails the output. */
export const MAX_PREVIEW_BYTES = 8 * MiB

/** MPEG-TS repeats its tables every 100 to 500 ms: this is half a second at 8 Mbit/s. */
const ADTS_BYTES = 512 * KiB

/** Media behind the metadata, so that the demuxer finds its first packets. */
const MEDIA_BYTES = 16 * KiB

/** How long the preview may take, in milliseconds. Without its answer ffmpeg is started as it is. */
const TIMEOUT = 10_000

const FILTERS = new Set(['filter_complex', 'lavfi'])

type Output = Pick<OutputSpec, 'format' | 'args'>

/**
 * How many bytes of an input's head are wanted before {@link previewArguments} is asked; 0 where none are.
 * Asked again as the head grows (a header names its own size): the answer may rise.
 */
export function previewBytes(head: Buffer, outputs: readonly Output[]): number {
  const wants = outputs.map(readWants).filter(({ adts, cover }) => adts || cover)
  if (wants.length === 0) return 0
  if (head.length < CONTAINER_BYTES) return CONTAINER_BYTES
  if (mayCarryAdts(containerOf(head)) && wants.some(({ adts }) => adts)) return adtsBytes(head)
  return wants.some(want => mayTakeCover(head, want)) ? coverBytes(head) : 0
}

/**
 * Arguments to add to each output (`OutputSpec.added`), one list an output.
 * A preview that fails adds none: what is wrong with the input or the arguments, the real run says better.
 *
 * @throws the reason of `signal`, when it is aborted
 */
export async function previewArguments(question: PreviewQuestion): Promise<readonly (readonly string[])[]> {
  const { inputs, outputs } = question
  const wants = outputs.map(readWants)
  const isOpen = inputs.some(({ spec, head }) => wants.some(want => leavesOpen(spec, head, want)))
  if (!isOpen) return outputs.map(() => [])
  const report = await reportOf(question)
  return outputs.map((output, index) => {
    const want = wants[index]!
    const mappings = report.mappings.filter(mapping => mapping.output === index)
    const covers = mappings.filter(mapping => isUnwantedCover(want, report, mapping))
    // What is left out moves the streams behind it up.
    const rest = mappings.filter(mapping => !covers.includes(mapping))
    const wrapped = want.adts ? rest.filter(mapping => isAdts(inputs, report, mapping)) : []
    return [...leftOut(want, covers), ...unwrapped(output, report, rest, wrapped)]
  })
}

/** What about an output depends on the input. */
interface Wants {
  /** Audio may be copied. */
  readonly adts: boolean
  /** A picture may be mapped. */
  readonly cover: boolean
  /** The user maps streams, rather than leave the choice to ffmpeg. */
  readonly maps: boolean
}

function readWants({ format, args }: Output): Wants {
  if (!muxerOf(format).isMp4) return { adts: false, cover: false, maps: false }
  const list = readArguments(args, 'output.args')
  const isCodec = (name: string) => name === 'c' || name === 'codec'
  const copies = list.some(
    ({ name, specifier, value }) =>
      value === 'copy' && (name === 'acodec' || (isCodec(name) && !/^[vVsdt](:|$)/.test(specifier))),
  )
  return {
    adts: copies && !list.some(({ name }) => name === 'an'),
    cover: !list.some(({ name }) => name === 'vn'),
    maps: list.some(({ name }) => name === 'map'),
  }
}

function leavesOpen(spec: InputSpec, head: Buffer, want: Wants): boolean {
  // Of an input that is read by address ffmpeg itself finds the metadata, wherever they are.
  const mayHoldCover = pipeOf(spec) === undefined || hasCover(head)
  return (want.adts && mayCarryAdts(containerOf(head))) || (mayTakeCover(head, want) && mayHoldCover)
}

/** Left to itself ffmpeg takes a moving picture rather than a cover, and an MP4 tells of one early in its index. */
function mayTakeCover(head: Buffer, { cover, maps }: Wants): boolean {
  if (!cover || maps || containerOf(head) !== 'mp4') return cover
  const [video, picture] = [head.indexOf('vide'), head.indexOf('covr')]
  return video < 0 || (picture >= 0 && picture < video)
}

/** All but the containers that hold AAC in its bare form only. */
function mayCarryAdts(container: Container): boolean {
  return container === 'other' || container === 'id3' || container === 'asf'
}

function adtsBytes(head: Buffer): number {
  // Behind a tag, and be it large, the audio begins.
  const start = metadataEnd(head)
  return Math.min(start > 0 ? start + MEDIA_BYTES : ADTS_BYTES, MAX_PREVIEW_BYTES)
}

function coverBytes(head: Buffer): number {
  const end = metadataEnd(head)
  if (end === 0 || end > MAX_PREVIEW_BYTES) return 0
  return end <= head.length && !hasCover(head) ? 0 : Math.min(end + MEDIA_BYTES, MAX_PREVIEW_BYTES)
}

/** Whether a stream is AAC that is copied out of a container that may wrap it in ADTS. */
function isAdts(inputs: PreviewQuestion['inputs'], report: StreamReport, mapping: Mapping): boolean {
  const container = containerOf(inputs[mapping.input]?.head ?? Buffer.alloc(0))
  return mapping.isCopy && report.streamOf(mapping)?.codec === 'aac' && mayCarryAdts(container)
}

/** `aac_adtstoasc` for each of the `wrapped`, after the user's own filters. It passes bare AAC on as it is. */
function unwrapped(
  output: OutputSpec,
  report: StreamReport,
  mappings: readonly Mapping[],
  wrapped: readonly Mapping[],
): string[] {
  const audio = mappings.filter(mapping => report.streamOf(mapping)?.kind === 'Audio')
  return wrapped.flatMap(mapping => {
    const index = mappings.indexOf(mapping)
    const own = ownFilters(output, index, audio.indexOf(mapping))
    if (own?.includes('aac_adtstoasc') === true) return []
    return [`-bsf:${index}`, [...(own === undefined ? [] : [own]), 'aac_adtstoasc'].join(',')]
  })
}

/** The user's `-bsf` for one audio stream of an output. The last that matches counts. */
function ownFilters({ args }: OutputSpec, stream: number, audio: number): string | undefined {
  const matches = (specifier: string) => ['', 'a', `a:${audio}`, String(stream)].includes(specifier)
  return readArguments(args, 'output.args').findLast(
    ({ name, specifier }) => (name === 'bsf' && matches(specifier)) || name === 'absf',
  )?.value
}

/** Covers that ffmpeg chose for want of a moving picture, and those that are copied: a cover encoded is a picture. */
function isUnwantedCover({ cover, maps }: Wants, report: StreamReport, mapping: Mapping): boolean {
  return cover && report.streamOf(mapping)?.isCover === true && (mapping.isCopy || !maps)
}

function leftOut({ maps }: Wants, covers: readonly Mapping[]): string[] {
  if (!maps) return covers.length > 0 ? ['-vn'] : []
  return covers.flatMap(({ input, inputStream }) => ['-map', `-${input}:${inputStream}`])
}

/** What ffmpeg says of the streams, as far as it gets. */
async function reportOf({
  inputs,
  outputs,
  globalArgs = [],
  ffmpegPath,
  env,
  signal,
}: PreviewQuestion): Promise<StreamReport> {
  signal?.throwIfAborted()
  const report = new StreamReport()
  const child = spawn(ffmpegPath, previewCommand(inputs, outputs, globalArgs), {
    env,
    stdio: stdioFor(inputs),
  })
  const kill = () => void child.kill('SIGKILL')
  const timer = setTimeout(kill, TIMEOUT)
  signal?.addEventListener('abort', kill)
  const log = new LogReader(entry => {
    report.push(entry)
    if (report.isComplete) kill()
  })
  const closed = once(child, 'close').catch(() => undefined)
  const stdio = child.stdio as readonly (Readable | Writable | null)[]
  for (const stream of stdio) stream?.on('error', () => undefined)
  ;(stdio[1] as Readable).resume()
  ;(stdio[2] as Readable).on('data', (chunk: Buffer) => log.push(chunk))
  for (const { spec, head } of inputs) {
    const fd = pipeOf(spec)
    if (fd !== undefined) (stdio[fd] as Writable).end(head)
  }
  await closed
  clearTimeout(timer)
  signal?.removeEventListener('abort', kill)
  signal?.throwIfAborted()
  return report
}

function previewCommand(
  inputs: PreviewQuestion['inputs'],
  outputs: readonly OutputSpec[],
  globalArgs: readonly string[],
): string[] {
  // The labels of a filter graph are mapped by the outputs; of the other arguments none changes what is mapped.
  const filters = readArguments(globalArgs, 'globalArgs').filter(({ name }) => FILTERS.has(name))
  return ffmpegArguments({
    inputs: inputs.map(({ spec }) => spec),
    // What little is written before the end is thrown away, whichever output it is of. The end comes at once: of an
    // input that is read by address there is more than a head.
    outputs: outputs.map(({ format, args }) => ({ format, args: [...args, '-t', '0'], url: 'pipe:1' })),
    globalArgs: filters.flatMap(({ tokens }) => tokens),
    progressUrl: 'pipe:1',
  })
}

/** Pipes for ffmpeg's own three, and for each input that comes on one. */
function stdioFor(inputs: PreviewQuestion['inputs']): ('pipe' | 'ignore')[] {
  const fds = new Set([1, 2, ...inputs.map(({ spec }) => pipeOf(spec) ?? 1)])
  return Array.from({ length: Math.max(...fds) + 1 }, (_, fd) => (fds.has(fd) ? 'pipe' : 'ignore'))
}

/** The file descriptor of an input that is a pipe. */
function pipeOf({ url }: InputSpec): number | undefined {
  const [, fd] = /^pipe:(\d+)$/.exec(url) ?? []
  return fd === undefined ? undefined : Number(fd)
}

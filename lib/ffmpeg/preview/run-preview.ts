import { parseArguments } from '../args/parse-arguments.js'
import { type InputSpec, type OutputSpec, buildArguments } from '../args/build-arguments.js'
import { sniffAudio } from '../input/audio-sniffer.js'
import { metadataEnd } from '../input/metadata-walk.js'
import type { Limits } from '../limits/limits.js'
import type { MediaStreamType } from '../report/media-info.js'
import { runJudged } from '../diagnosis/run-judged.js'
import { readWants } from './preview-wants.js'
import { type MappedStream, StreamMaps } from '../streams/stream-maps.js'
import { StreamMapping, streamKey } from '../report/stream-mapping.js'
import { Undecodable } from '../streams/undecodable-streams.js'

/**
 * The preview itself: runs ffmpeg on the first bytes of its inputs, and ends it once it has reported where the streams
 * go.
 */

/** Options of a preview of the heads of the inputs. */
export interface PreviewQuestion {
  /** Each input with its first bytes: as many as {@link previewBytes} asks for, or all there are. */
  readonly inputs: readonly { readonly spec: InputSpec; readonly head: Buffer }[]
  readonly outputs: readonly OutputSpec[]
  /** The user's global arguments, including filters between several inputs and outputs. */
  readonly globalArgs?: readonly string[]
  readonly ffmpegPath: string
  readonly env: Record<string, string>
  /** Limits for the run. */
  readonly limits?: Limits | undefined
  /** Commands that apply limits and then exec ffmpeg. */
  readonly prefix?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Global arguments that the preview needs as well: the outputs map the labels of a filter graph, and a filter that cuts
 * by time (`trim`) needs the clock of the real run. By another clock the preview would read on until the filter's first
 * frame, possibly through the whole source.
 */
const KEPT = new Set(['filter_complex', 'lavfi', 'copyts', 'start_at_zero'])

/** Maximum number of times that an undecodable stream is left out and the rest tried again. */
const MAX_TRIES = 8

/**
 * ffmpeg's report on the streams it can take: streams without a decoder are removed from maps of all their kind. A
 * stream mapped explicitly stays, and its error is the user's.
 */
export async function takableOf(
  question: PreviewQuestion,
): Promise<{ report: StreamMapping; unmapped: readonly (readonly string[])[] }> {
  const { outputs } = question
  const maps = outputs.map(({ args }) => new StreamMaps(args))
  const unmapped = outputs.map((): string[] => [])
  for (let tries = 1; ; tries++) {
    const withoutThem = outputs.map((output, n) => ({ ...output, args: [...output.args, ...unmapped[n]!] }))
    const { report, undecodable } = await reportOf({ ...question, outputs: withoutThem })
    const doubtful = undecodable.doubtful(report)
    if (doubtful) {
      // ffmpeg reports a missing decoder only when it should decode the stream.
      const map = streamKey(doubtful.input, doubtful.inputStream)
      const decoded = { format: 'null', args: ['-map', map], url: 'pipe:1' }
      const answer = await reportOf({ ...question, outputs: [decoded], globalArgs: [] })
      undecodable.learn(answer.undecodable)
    }
    let isChanged = false
    for (const [key, stream] of report.streams) {
      if (!undecodable.has(key, stream)) continue
      const mapped = mappedStream(key, report)
      for (const [n, list] of unmapped.entries()) {
        const takes = maps[n]!.areGiven && maps[n]!.asksFor(mapped) === true && !maps[n]!.names(mapped)
        if (!takes || list.includes(`-${key}`) || !readWants(outputs[n]!).maps) continue
        list.push('-map', `-${key}`)
        isChanged = true
      }
    }
    if (!isChanged || tries === MAX_TRIES) return { report, unmapped }
  }
}

/** The stream in the form that maps match. */
function mappedStream(key: string, report: StreamMapping): MappedStream {
  const input = Number(key.split(':')[0])
  const siblings = [...report.streams].flatMap(([other, { kind, codec, isCover }]) => {
    const [file, index] = other.split(':').map(Number)
    const type = kind.toLowerCase() as MediaStreamType
    const disposition = isCover ? ['attached_pic'] : []
    return file === input ? [{ index: index!, type, codec, disposition, tags: {} }] : []
  })
  const index = Number(key.split(':')[1])
  return { input, siblings, info: siblings.find(other => other.index === index)! }
}

/** ffmpeg's report on the streams, as far as it gets. */
export async function reportOf({
  inputs,
  outputs,
  globalArgs = [],
  ffmpegPath,
  env,
  limits,
  prefix,
  signal,
}: PreviewQuestion): Promise<{ report: StreamMapping; undecodable: Undecodable }> {
  const report = new StreamMapping()
  const undecodable = new Undecodable()
  const args = previewCommand(inputs, outputs, globalArgs, limits)
  const heads = inputs.flatMap(({ spec, head }) => {
    const fd = pipeOf(spec)
    return fd === undefined ? [] : [[fd, head] as const]
  })
  // Its output and log are not kept: only its own end limits them.
  const command = { path: ffmpegPath, args, env, prefix, inputs: new Map(heads), maxOutput: Infinity }
  const { failure } = await runJudged(
    { ...command, signal, killTimeout: 0 },
    {
      onLog: entry => {
        report.push(entry)
        undecodable.see(entry)
      },
      isEnough: () => report.isComplete,
    },
  )
  // A run that something else ended, or that never started, reports nothing about the streams: a valid job could fail
  // because of it.
  const isUnheard = failure?.code === 'AVIO_ERR_FFMPEG_SIGNAL' || failure?.code === 'AVIO_ERR_FFMPEG_SPAWN'
  if (isUnheard && !report.isComplete) throw failure
  return { report, undecodable }
}

function previewCommand(
  inputs: PreviewQuestion['inputs'],
  outputs: readonly OutputSpec[],
  globalArgs: readonly string[],
  limits: Limits | undefined,
): string[] {
  const kept = parseArguments(globalArgs, 'globalArgs').filter(({ name }) => KEPT.has(name))
  return buildArguments({
    // With a short head ffmpeg reports less.
    inputs: inputs.map(({ spec, head }) => ({
      ...spec,
      format: spec.format ?? sniffAudio(head, metadataEnd(head)).format,
    })),
    // What an output writes before the end is discarded. The end comes at once: an input read by seeking has more than
    // a head.
    outputs: outputs.map(({ format, args }) => ({ format, args: [...args, '-t', '0'], url: 'pipe:1' })),
    globalArgs: kept.flatMap(({ tokens }) => tokens),
    progressUrl: 'pipe:1',
    limits,
  })
}

/** The file descriptor of a piped input. */
export function pipeOf({ url }: InputSpec): number | undefined {
  const [, fd] = /^pipe:(\d+)$/.exec(url) ?? []
  return fd === undefined ? undefined : Number(fd)
}

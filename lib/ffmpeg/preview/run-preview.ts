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

/** The look itself: ffmpeg is run on the first bytes of its inputs, and ended when it has told where the streams go. */

/** What a look at the heads of the inputs is asked for. */
export interface PreviewQuestion {
  /** Each input, with the first bytes of it: as many as {@link previewBytes} wants, or all there are. */
  readonly inputs: readonly { readonly spec: InputSpec; readonly head: Buffer }[]
  readonly outputs: readonly OutputSpec[]
  /** The user's own global arguments: filters between several inputs and outputs are among them. */
  readonly globalArgs?: readonly string[]
  readonly ffmpegPath: string
  readonly env: Record<string, string>
  /** What it is held to. */
  readonly limits?: Limits | undefined
  /** Commands that hold it to limits and then become it. */
  readonly prefix?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

const FILTERS = new Set(['filter_complex', 'lavfi'])

/** How often a stream that can't be decoded is left out and the rest tried again. */
const MAX_TRIES = 8

/**
 * What ffmpeg says of the streams that it can take: those without a decoder are taken out of the maps of all their
 * kind. One that a map names is the user's own wish, and the error of it, too.
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
      // Whether there is a decoder for it, it says when it is asked to decode it.
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

/** The stream as a map sees it. */
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

/** What ffmpeg says of the streams, as far as it gets. */
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
  // What it writes and logs is not kept: there is no end to it but its own.
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
  // One that somebody else has ended, or that never ran, tells nothing of the streams: a good job could fail for it.
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
  // The labels of a filter graph are mapped by the outputs; of the other arguments none changes what is mapped.
  const filters = parseArguments(globalArgs, 'globalArgs').filter(({ name }) => FILTERS.has(name))
  return buildArguments({
    // A head that is short tells ffmpeg less than it tells here.
    inputs: inputs.map(({ spec, head }) => ({
      ...spec,
      format: spec.format ?? sniffAudio(head, metadataEnd(head)).format,
    })),
    // What little is written before the end is thrown away, whichever output it is of. The end comes at once: of an
    // input that is read by address there is more than a head.
    outputs: outputs.map(({ format, args }) => ({ format, args: [...args, '-t', '0'], url: 'pipe:1' })),
    globalArgs: filters.flatMap(({ tokens }) => tokens),
    progressUrl: 'pipe:1',
    limits,
  })
}

/** The file descriptor of an input that is a pipe. */
export function pipeOf({ url }: InputSpec): number | undefined {
  const [, fd] = /^pipe:(\d+)$/.exec(url) ?? []
  return fd === undefined ? undefined : Number(fd)
}

import { KiB, MiB } from '../../options.js'
import { parseArguments } from '../args/parse-arguments.js'
import type { InputSpec, OutputSpec } from '../args/build-arguments.js'
import { type AudioSeen, sniffAudio } from '../input/audio-sniffer.js'
import { HeadWalk, hasCover, metadataEnd } from '../input/metadata-walk.js'
import { type Container, CONTAINER_BYTES, containerOf } from '../input/container-sniffer.js'
import { type PreviewQuestion, pipeOf, takableOf } from './run-preview.js'
import { FILTER, type Wants, readWants } from './preview-wants.js'
import { type Mapping, type StreamMapping, streamKey } from '../report/stream-mapping.js'
import { hasRareEntry } from '../streams/undecodable-streams.js'

/**
 * Finds what a fragmented MP4 needs beyond its arguments, because it depends on the streams of the input:
 *
 * - AAC in ADTS frames (MPEG-TS, raw AAC …) has to be unwrapped on its way into an MP4. For a file ffmpeg's muxer adds
 *   the bitstream filter by itself; with `delay_moov` it does not, and fails with "Malformed AAC bitstream". The filter
 *   fails on any other codec, so it must be given to the right streams.
 * - Cover art goes into the `moov`, which can't be that large on a pipe: it is left out.
 * - A stream that ffmpeg can't decode fails the whole job if a map of all its kind (`0:a`) includes it: it is left out.
 *
 * A preview runs ffmpeg itself, with the very same arguments, on the first bytes of the input: it reports the streams
 * and their mapping before it reads on, and is ended there. That takes some 50 ms, and is done only if the container
 * and the arguments leave one of these questions open.
 */

/** The most that {@link previewBytes} ever asks for. Cover art beyond it is not found, and fails the output. */
const MAX_PREVIEW_BYTES = 8 * MiB

/** Media after the metadata, so that the demuxer finds its first packets. */
const MEDIA_BYTES = 16 * KiB

type Output = Pick<OutputSpec, 'format' | 'args' | 'cover'>

/**
 * The number of bytes of an input's head needed before {@link previewArguments} is called; 0 if no preview is needed.
 * Called again as the head grows (a header states its own size): the result may rise.
 *
 * @param walk - what is known from the shorter heads of earlier calls
 * @param isAlone - whether the input is the only one
 */
export function previewBytes(
  head: Buffer,
  outputs: readonly Output[],
  walk = new HeadWalk(),
  isAlone = true,
): number {
  const wants = outputs.map(readWants).filter(want => want.adts || want.cover || want.keepsCover || want.maps)
  if (wants.length === 0) return 0
  if (head.length < CONTAINER_BYTES) return CONTAINER_BYTES
  const forCover = wants.some(want => want.maps || want.keepsCover || mayTakeCover(head, want, walk))
    ? coverBytes(head, walk)
    : 0
  const adts = wants.filter(want => want.adts)
  if (adts.length === 0 || !mayCarryAdts(containerOf(head))) return forCover
  return Math.max(forCover, adtsBytes(head, walk, isAlone && adts.every(({ all }) => all)))
}

/**
 * Arguments to add to each output (`OutputSpec.added`), one list per output. A failed preview adds none: the real run
 * describes problems of the input or the arguments better. A slow preview is waited for.
 *
 * @throws {@link AvioError} `AVIO_ERR_DESCRIPTORS`; {@link FfmpegError} `AVIO_ERR_FFMPEG_SPAWN`, and
 * `AVIO_ERR_FFMPEG_SIGNAL` if something else ended it; the reason of `signal`, when it is aborted
 */
export async function previewArguments(question: PreviewQuestion): Promise<readonly (readonly string[])[]> {
  const { inputs, outputs } = question
  const wants = outputs.map(readWants)
  const isAdtsOpen = inputs.some(({ head }) => wants.some(({ adts }) => adts && mayHoldAdts(head)))
  const isCoverOpen = inputs.some(({ spec, head }) => wants.some(want => leavesCoverOpen(spec, head, want)))
  const isDecoderOpen = inputs.some(({ spec, head }) =>
    wants.some(want => leavesDecoderOpen(spec, head, want)),
  )
  if (!isAdtsOpen && !isCoverOpen && !isDecoderOpen) return outputs.map(() => [])
  // If all audio that can be copied is wrapped, ffmpeg's choice does not matter.
  const isAllAdts = inputs.length === 1 && audioOf(inputs[0]!.head) === 'adts'
  if (!isCoverOpen && !isDecoderOpen && isAllAdts && wants.every(({ adts, all }) => all || !adts)) {
    return wants.map(({ adts }) => (adts ? ['-bsf:a', FILTER] : []))
  }
  const { report, unmapped } = await takableOf(question)
  return outputs.map((output, index) => {
    const want = wants[index]!
    const mappings = report.mappings.filter(mapping => mapping.output === index)
    const covers = mappings.filter(mapping => isUnwantedCover(want, report, mapping))
    // Leaving streams out moves up the streams after them.
    const rest = mappings.filter(mapping => !covers.includes(mapping))
    const wrapped = want.adts ? rest.filter(mapping => isAdts(inputs, report, mapping)) : []
    return [...unmapped[index]!, ...leftOut(want, covers), ...unwrapped(output, report, rest, wrapped)]
  })
}

/** With an input read by seeking the index may be anywhere; with a piped input it is in the head. */
function leavesDecoderOpen(spec: InputSpec, head: Buffer, { maps }: Wants): boolean {
  return maps && (pipeOf(spec) === undefined || (containerOf(head) === 'mp4' && hasRareEntry(head)))
}

/** With an input read by seeking ffmpeg itself finds the metadata, wherever they are. */
function leavesCoverOpen(spec: InputSpec, head: Buffer, want: Wants): boolean {
  return mayTakeCover(head, want) && (pipeOf(spec) === undefined || hasCover(head))
}

const VIDEO_HANDLER = Buffer.from('vide')
const COVER_ITEM = Buffer.from('covr')

/** Without a map ffmpeg prefers video to a cover, and an MP4 lists its video early in the index. */
function mayTakeCover(head: Buffer, { cover, maps }: Wants, walk = new HeadWalk()): boolean {
  if (!cover || maps || containerOf(head) !== 'mp4') return cover
  const [video, picture] = [walk.indexOf(head, VIDEO_HANDLER), walk.indexOf(head, COVER_ITEM)]
  return video < 0 || (picture >= 0 && picture < video)
}

/** All containers except those that only hold bare AAC. */
function mayCarryAdts(container: Container): boolean {
  return container === 'other' || container === 'id3' || container === 'asf'
}

/** Whether the head allows for audio in ADTS frames. */
function mayHoldAdts(head: Buffer): boolean {
  return mayCarryAdts(containerOf(head)) && audioOf(head) !== 'other'
}

function audioOf(head: Buffer): AudioSeen['audio'] {
  return mayCarryAdts(containerOf(head)) ? sniffAudio(head, metadataEnd(head)).audio : undefined
}

/** @param forAll - whether the filter can be given for all audio, whatever ffmpeg chooses */
function adtsBytes(head: Buffer, walk: HeadWalk, forAll: boolean): number {
  // The audio begins after a tag of any size.
  const start = walk.metadataEnd(head)
  const seen = sniffAudio(head, start, walk.tables)
  const wanted = forAll || seen.audio === 'other' ? seen.wanted : seen.wantedByFfmpeg
  return Math.min(start > 0 ? Math.min(wanted, start + MEDIA_BYTES) : wanted, MAX_PREVIEW_BYTES)
}

function coverBytes(head: Buffer, walk: HeadWalk): number {
  const end = walk.metadataEnd(head)
  if (end === 0 || end > MAX_PREVIEW_BYTES) return 0
  const isPlain = () => !walk.hasCover(head) && !(walk.container(head) === 'mp4' && hasRareEntry(head))
  return end <= head.length && isPlain() ? 0 : Math.min(end + MEDIA_BYTES, MAX_PREVIEW_BYTES)
}

/** Whether a stream is AAC copied from a container that may wrap it in ADTS. */
function isAdts(inputs: PreviewQuestion['inputs'], report: StreamMapping, mapping: Mapping): boolean {
  const container = containerOf(inputs[mapping.input]?.head ?? Buffer.alloc(0))
  return mapping.isCopy && report.streamOf(mapping)?.codec === 'aac' && mayCarryAdts(container)
}

/** `aac_adtstoasc` for each of the `wrapped` streams, after the user's own filters. It passes on bare AAC unchanged. */
function unwrapped(
  output: OutputSpec,
  report: StreamMapping,
  mappings: readonly Mapping[],
  wrapped: readonly Mapping[],
): string[] {
  const audio = mappings.filter(mapping => report.streamOf(mapping)?.kind === 'Audio')
  return wrapped.flatMap(mapping => {
    const index = mappings.indexOf(mapping)
    const own = ownFilters(output, index, audio.indexOf(mapping))
    if (own?.includes(FILTER) === true) return []
    return [`-bsf:${index}`, [...(own === undefined ? [] : [own]), FILTER].join(',')]
  })
}

/** The user's `-bsf` for one audio stream of an output. The last match counts. */
function ownFilters({ args }: OutputSpec, stream: number, audio: number): string | undefined {
  const matches = (specifier: string) => ['', 'a', `a:${audio}`, String(stream)].includes(specifier)
  return parseArguments(args, 'output.args').findLast(
    ({ name, specifier }) => (name === 'bsf' && matches(specifier)) || name === 'absf',
  )?.value
}

/** Covers that ffmpeg chose for lack of video, and copied covers: an encoded cover is a picture. */
function isUnwantedCover({ cover, maps }: Wants, report: StreamMapping, mapping: Mapping): boolean {
  return cover && report.streamOf(mapping)?.isCover === true && (mapping.isCopy || !maps)
}

function leftOut({ maps }: Wants, covers: readonly Mapping[]): string[] {
  if (!maps) return covers.length > 0 ? ['-vn'] : []
  return covers.flatMap(({ input, inputStream }) => ['-map', `-${streamKey(input, inputStream)}`])
}

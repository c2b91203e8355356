import { SIGNATURES, type Signature } from '../../containers/extents/signature.js'
import { isTagBehind, matroskaProof, waveProof } from './trailing-tags.js'
import { type HeadWalk } from '../input/metadata-walk.js'
import { CONTAINER_BYTES } from '../input/container-sniffer.js'
import { mp4Proof } from './mp4-proof.js'
import { MAX_PROOF_BYTES, OTHER, type PipeProof, SAME, open } from './pipe-proof.js'
import { type AudioFrame, followedFrame } from '../input/audio-frames.js'

/**
 * The containers that ffmpeg is known to read the same from a pipe as from a file: the same streams and packets, tags,
 * chapters, attachments and dispositions. `test/sweep` checks each row with each ffmpeg of CI.
 *
 * All others are read by seeking if the source supports it: ffmpeg's demuxers seek for an index, for tables after the
 * media, or to count frames, and on a pipe some silently do without. Two that seem simple are among them: on a pipe an
 * MP3 keeps the padding at its end, which its header says to drop; and without the index at the end of an AVI older
 * versions don't know which frames are key frames.
 */

interface PipedContainer {
  /** ffmpeg's demuxers, by any of their names. */
  readonly demuxers: string
  /** Whether an input of {@link CONTAINER_BYTES} or more is one; a number: this many bytes are needed to decide. */
  readonly begins: (head: Buffer) => boolean | number
  /** A further check, if any. */
  readonly proof?: (head: Buffer, walk: HeadWalk) => PipeProof
}

const unlessTagged = (): PipeProof => ({ kind: 'unless-behind', isBehind: isTagBehind })

const CONTAINERS: readonly PipedContainer[] = [
  {
    demuxers: 'mov mp4 m4a 3gp 3g2 mj2',
    begins: SIGNATURES.mp4,
    proof: mp4Proof,
  },
  { demuxers: 'matroska webm', begins: SIGNATURES.matroska, proof: matroskaProof },
  { demuxers: 'mpegts', begins: transportBegins },
  { demuxers: 'mpeg', begins: SIGNATURES.mpegPs },
  { demuxers: 'flv live_flv', begins: SIGNATURES.flv },
  { demuxers: 'ogg', begins: SIGNATURES.ogg },
  {
    demuxers: 'wav',
    begins: SIGNATURES.wave,
    proof: waveProof,
  },
  { demuxers: 'asf asf_o', begins: SIGNATURES.asf },
  { demuxers: 'flac', begins: SIGNATURES.flac },
  { demuxers: 'nut', begins: SIGNATURES.nut },
  { demuxers: 'ivf', begins: SIGNATURES.ivf },
  { demuxers: 'yuv4mpegpipe', begins: SIGNATURES.y4m },
  { demuxers: 'au', begins: SIGNATURES.au },
  { demuxers: 'webvtt', begins: SIGNATURES.webvtt },
  { demuxers: 'ass', begins: SIGNATURES.ass },
  { demuxers: 'aac', begins: frames('adts'), proof: unlessTagged },
  { demuxers: 'ac3 eac3', begins: frames('ac3') },
  { demuxers: 'dts', begins: frames('dts') },
  { demuxers: 'loas', begins: frames('loas') },
]

/** The demuxers of the rows that the first bytes identify. */
export const PIPED: readonly string[] = CONTAINERS.map(({ demuxers }) => demuxers)

/**
 * Demuxers that no signature identifies, and that read from the first byte to the last: the user names them. For
 * `dirac` and `g722` the end of a packet depends on how the bytes arrive in pieces.
 */
export const PIPED_BY_NAME: ReadonlySet<string> = new Set(
  (
    'h261 h263 h264 hevc m4v mjpeg mpegvideo dnxhd obu rawvideo image2pipe truehd mlp gsm srt ' +
    'alaw mulaw vidc s8 u8 s16le s16be s24le s24be s32le s32be ' +
    'u16le u16be u24le u24be u32le u32be f32le f32be f64le f64be'
  ).split(' '),
)

/** Containers with a known loss on a pipe. */
const LOSSES: readonly { readonly begins: Signature; readonly what: string }[] = [
  {
    begins: SIGNATURES.mxf,
    what: 'has its index, which has the times of its frames, after the media',
  },
  ...[SIGNATURES.aiff, SIGNATURES.tta, SIGNATURES.wavpack].map(begins => ({
    begins,
    what: 'may have tags after its samples',
  })),
]

/** Formats that may follow an ID3v2 tag and are read as if they came first. */
const BEHIND_ID3 = new Set(['aac', 'flac'])

/**
 * Whether ffmpeg reads an input from a pipe as it would by seeking, judged by its first bytes. Call it again with more
 * of them if `open`; an input that {@link MAX_PROOF_BYTES} bytes do not decide counts as not the same.
 *
 * @param format - the demuxer named by the user, if any
 * @param walk - what is known from the shorter heads of earlier calls
 */
export function pipeProof(head: Buffer, format: string | undefined, walk: HeadWalk): PipeProof {
  const proof = format === undefined ? byBytes(head, walk) : byName(format.toLowerCase(), head, walk)
  return proof.kind === 'open' && proof.wanted > MAX_PROOF_BYTES ? OTHER : proof
}

function byName(format: string, head: Buffer, walk: HeadWalk): PipeProof {
  const names = format.split(',')
  const row = CONTAINERS.find(({ demuxers }) => demuxers.split(' ').some(name => names.includes(name)))
  if (row === undefined) return names.some(name => PIPED_BY_NAME.has(name)) ? SAME : OTHER
  if (row.proof === undefined) return SAME
  return head.length < CONTAINER_BYTES ? open(CONTAINER_BYTES) : row.proof(head, walk)
}

function byBytes(head: Buffer, walk: HeadWalk): PipeProof {
  if (head.length < CONTAINER_BYTES) return open(CONTAINER_BYTES)
  const start = SIGNATURES.id3(head) ? walk.metadataEnd(head) : 0
  if (start + CONTAINER_BYTES > head.length) return open(start + CONTAINER_BYTES)
  const media = head.subarray(start)
  for (const row of CONTAINERS) {
    if (start > 0 && !BEHIND_ID3.has(row.demuxers)) continue
    const begins = row.begins(media)
    if (typeof begins === 'number') return open(start + begins)
    if (begins) return row.proof?.(head, walk) ?? SAME
  }
  const loss = LOSSES.find(({ begins }) => begins(media))
  return loss ? { kind: 'other', reason: 'container', what: loss.what } : OTHER
}

/** Packet sizes, and the position of the sync byte. */
const PACKETS = [
  { size: 188, sync: 0 },
  { size: 192, sync: 4 },
  { size: 204, sync: 0 },
]
const AGREEING = 3

/** ISO/IEC 13818-1 §2.4.3.2: a sync byte in front of each packet. */
function transportBegins(head: Buffer): boolean | number {
  let wanted = 0
  for (const { size, sync } of PACKETS) {
    const places = Array.from({ length: AGREEING }, (_, n) => sync + n * size)
    if (places.some(at => at < head.length && head[at] !== 0x47)) continue
    if (places.at(-1)! < head.length) return true
    wanted = Math.max(wanted, places.at(-1)! + 1)
  }
  return wanted > 0 && wanted
}

/** Two consecutive audio frames. */
function frames(codec: AudioFrame['codec']): (head: Buffer) => boolean | number {
  return head => {
    const frame = followedFrame(head, 0)
    return typeof frame === 'number' ? frame : frame?.codec === codec
  }
}

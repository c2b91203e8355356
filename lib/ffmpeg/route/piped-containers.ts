import { SIGNATURES, type Signature } from '../../containers/extents/signature.js'
import { isTagBehind, matroskaProof, waveProof } from './trailing-tags.js'
import { type HeadWalk } from '../input/metadata-walk.js'
import { CONTAINER_BYTES } from '../input/container-sniffer.js'
import { mp4Proof } from './mp4-proof.js'
import { MAX_PROOF_BYTES, OTHER, type PipeProof, SAME, open } from './pipe-proof.js'
import { type SoundFrame, followedFrame } from '../input/audio-frames.js'

/**
 * The containers of which ffmpeg is known to read the same from a pipe as from a file: the same streams and packets,
 * tags, chapters, attachments and dispositions. `test/sweep` holds each row to that, on each ffmpeg of CI.
 *
 * All others are read by address where the source can: ffmpeg's demuxers jump for an index, for tables behind the
 * media, or to count frames, and on a pipe some do without, and say nothing. Two that seem simple are among them: on a
 * pipe an MP3 keeps the padding at its end, which its header says is to be dropped; and of an AVI without its index at
 * the end older versions don't know which frames are key frames.
 */

interface PipedContainer {
  /** ffmpeg's demuxers: any of their names. */
  readonly demuxers: string
  /** Whether an input of {@link CONTAINER_BYTES} or more is one; a number: so many are wanted to tell. */
  readonly begins: (head: Buffer) => boolean | number
  /** What else there is to ask. */
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

/** The demuxers of each row that the first bytes tell. */
export const PIPED: readonly string[] = CONTAINERS.map(({ demuxers }) => demuxers)

/**
 * Demuxers that nothing in the bytes calls for, and that read from the first byte to the last: named by the user. Of
 * `dirac` and `g722` it hangs on how the bytes come in pieces where a packet ends.
 */
export const PIPED_BY_NAME: ReadonlySet<string> = new Set(
  (
    'h261 h263 h264 hevc m4v mjpeg mpegvideo dnxhd obu rawvideo image2pipe truehd mlp gsm srt ' +
    'alaw mulaw vidc s8 u8 s16le s16be s24le s24be s32le s32be u16le u16be u24le u24be u32le u32be f32le f32be f64le f64be'
  ).split(' '),
)

/** Containers of which it is known what a pipe loses. */
const LOSSES: readonly { readonly begins: Signature; readonly what: string }[] = [
  {
    begins: SIGNATURES.mxf,
    what: 'has its index behind the media, which the times of pictures depend on',
  },
  ...[SIGNATURES.aiff, SIGNATURES.tta, SIGNATURES.wavpack].map(begins => ({
    begins,
    what: 'may have tags behind its samples',
  })),
]

/** What may stand behind an ID3v2 tag and be read as if it stood in front. */
const BEHIND_ID3 = new Set(['aac', 'flac'])

/**
 * Whether ffmpeg reads an input from a pipe as it would by address, as far as its first bytes tell. To be asked again
 * with more of them where `open`; whatever can't be told from {@link MAX_PROOF_BYTES} bytes is not known to be the
 * same.
 *
 * @param format - the demuxer that the user names, where one is named
 * @param walk - what is known of the shorter heads that were asked about
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

/** Sizes of a packet, and where its mark is. */
const PACKETS = [
  { size: 188, sync: 0 },
  { size: 192, sync: 4 },
  { size: 204, sync: 0 },
]
const AGREEING = 3

/** ISO/IEC 13818-1 §2.4.3.2: a mark in front of each packet. */
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

/** Two frames of sound that follow one another. */
function frames(codec: SoundFrame['codec']): (head: Buffer) => boolean | number {
  return head => {
    const frame = followedFrame(head, 0)
    return typeof frame === 'number' ? frame : frame?.codec === codec
  }
}

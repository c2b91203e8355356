import type { FfmpegLogEntry } from '../log/log.js'
import { type InputStream, type Mapping, type StreamMapping, streamKey } from '../report/stream-mapping.js'

/**
 * Streams without a decoder, as ffmpeg reports them when it should decode or store one:
 *
 *     5.1              Decoder (codec none) not found for input stream #0:2
 *     6 and later      [aist#0:2/none @ 0x1] [error] Decoding requested, but no decoder found for: none
 *     copied           [mp4 @ 0x1] [error] Could not find tag for codec none in stream #2, codec not currently …
 *
 * An unknown codec is called `none`. For a known one (9.0 calls Apple's spatial audio `apple_apac`) a copy does not
 * show whether it can be decoded.
 */

const NO_DECODER = /^Decoder \(codec \S+\) not found for input stream #(\d+):(\d+)/
const NO_DECODER_NOW = /^Decoding requested, but no decoder found for: /
const NO_TAG = /^Could not find tag for codec (\S+) in stream #(\d+)\b/

/** Reads from the log which streams have no decoder, and which one may have none. */
export class Undecodable {
  readonly #known = new Set<string>()
  readonly #refused: { readonly codec: string; readonly outputStream: number }[] = []

  /** Takes the next entry of the log. */
  see({ level, message, scope = '', continued }: FfmpegLogEntry): void {
    if (continued || (level !== 'error' && level !== 'fatal')) return
    const [, input, stream] =
      NO_DECODER.exec(message) ??
      (NO_DECODER_NOW.test(message) ? /^[avs]?ist#(\d+):(\d+)$/.exec(scope) : null) ??
      []
    if (input !== undefined) this.#known.add(streamKey(Number(input), Number(stream)))
    const [, codec, outputStream] = NO_TAG.exec(message) ?? []
    if (codec !== undefined) this.#refused.push({ codec, outputStream: Number(outputStream) })
  }

  /** Adds the findings of another preview. */
  learn(other: Undecodable): void {
    for (const key of other.#known) this.#known.add(key)
  }

  /** Whether the stream, which an input has under that key, has no decoder. */
  has(key: string, { codec, kind }: InputStream): boolean {
    return this.#known.has(key) || kind === 'Unknown' || (codec === 'none' && MEDIA.has(kind))
  }

  /** A stream that the muxer rejected and that may or may not be decodable. */
  doubtful(report: StreamMapping): Mapping | undefined {
    return report.mappings.find(mapping => {
      const codec = report.streamOf(mapping)?.codec
      const isRefused = (one: { codec: string; outputStream: number }) =>
        one.codec === codec && one.outputStream === mapping.outputStream
      return mapping.isCopy && codec !== 'none' && this.#refused.some(isRefused)
    })
  }
}

const MEDIA: ReadonlySet<string> = new Set(['Video', 'Audio', 'Subtitle'])

/** Sample entries of MP4 that every supported ffmpeg can store or decode, or that are neither video nor audio. */
const COMMON: ReadonlySet<string> = new Set(
  (
    'avc1 avc3 hvc1 hev1 dvh1 dvhe dvav dva1 av01 vp09 vp08 mp4v s263 mjpa mjpb jpeg png  ' +
    'apcn apch apcs apco ap4h ap4x ' +
    'mp4a ac-3 ec-3 Opus fLaC alac .mp3 sowt twos in24 in32 fl32 fl64 lpcm ipcm fpcm ulaw alaw raw  ' +
    'NONE samr sawb ima4 ' +
    'tx3g text tmcd mebx wvtt stpp c608 rtp  mp4s gpmd camm'
  )
    .match(/.{4}(?: |$)/g)!
    .map(name => name.slice(0, 4)),
)

const DESCRIPTIONS = Buffer.from('stsd')

/** Whether the index in `head` names an uncommon codec: ffmpeg is asked about it then. */
export function hasRareEntry(head: Buffer): boolean {
  for (let at = head.indexOf(DESCRIPTIONS); at >= 0; at = head.indexOf(DESCRIPTIONS, at + 4)) {
    // Version, flags and the number of entries come first, then the size of the first entry.
    if (at + 20 > head.length) return false
    if (!COMMON.has(head.toString('latin1', at + 16, at + 20))) return true
  }
  return false
}

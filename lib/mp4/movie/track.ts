import type { Box } from '../boxes/box.js'
import { codecString } from './codec-string.js'
import {
  type Mp4Edit,
  type SampleDefaults,
  editList,
  handlerType,
  mediaHeader,
  trackHeader,
} from '../boxes/leaf-boxes.js'
import { SampleEntry, audioEntry, formatName, videoEntry } from './sample-entry.js'

/** A track's kind, by its handler (https://mp4ra.org/registered-types/handlers). */
export type TrackKind = 'video' | 'audio' | 'subtitle' | 'text' | 'metadata' | 'hint' | 'other'

/** A track of an MP4 file, as its `moov` describes it. */
export interface Mp4Track {
  /** `track_ID`, from 1. */
  readonly id: number
  /** By the handler. */
  readonly kind: TrackKind
  /** The handler itself: `vide`, `soun` … */
  readonly handler: string
  /** Ticks per second of this track's times. */
  readonly timescale: number
  /** For RFC 6381's `codecs`: `avc1.640028`, `mp4a.40.2` … or the bare format if nothing more is known. */
  readonly codec: string
  /** Type of the (first) sample entry: `avc1`, `encv` … */
  readonly sampleEntry: string
  /** ISO 639-2/T, or BCP 47 if the file has it; `und` if it states nothing. */
  readonly language: string
  /** For video, the coded size in pixels; for other visible tracks, the display size. */
  readonly width: number | undefined
  /** See `width`. */
  readonly height: number | undefined
  /** A pixel's width and height if it is not square: `[16, 11]`; otherwise `undefined`. */
  readonly pixelAspect: readonly [horizontal: number, vertical: number] | undefined
  /** Clockwise rotation for display: 0, 90, 180 or 270 degrees. */
  readonly rotation: number
  /** Channels after decoding, for audio, if stated. */
  readonly channels: number | undefined
  /** Sample rate after decoding, for audio, if stated. */
  readonly sampleRate: number | undefined
  /** The edit list; empty if there is none. */
  readonly edits: readonly Mp4Edit[]
  /** Defaults for the samples of fragments; `undefined` in a file without `mvex`. */
  readonly defaults: SampleDefaults | undefined
}

/** Reads a `trak`. `defaultsOf` returns a track's `trex` defaults. */
export function parseTrack(trak: Box, defaultsOf: (trackId: number) => SampleDefaults | undefined): Mp4Track {
  const tkhd = trak.needChild('tkhd')
  const { trackId: id, width, height } = trackHeader(tkhd)
  const mdia = trak.needChild('mdia')
  const mdhd = mdia.needChild('mdhd')
  const { timescale, language } = mediaHeader(mdhd)
  if (id === 0) throw tkhd.error('AVIO_ERR_MP4_BOX_INVALID', 'the track has id 0, which is reserved')
  if (timescale === 0) throw mdhd.error('AVIO_ERR_MP4_BOX_INVALID', 'its timescale is 0', id)
  const handler = handlerType(mdia.needChild('hdlr'))
  const kind = KINDS[handler] ?? 'other'
  const stsd = mdia.needChild('minf').needChild('stbl').needChild('stsd')
  const format = sampleFormat(stsd, kind)
  const elst = trak.child('edts')?.child('elst')
  return {
    id,
    kind,
    handler: formatName(handler),
    timescale,
    codec: format.codec,
    sampleEntry: format.sampleEntry,
    language: extendedLanguage(mdia) ?? language,
    width: format.width || Math.round(width) || undefined,
    height: format.height || Math.round(height) || undefined,
    pixelAspect: format.pixelAspect,
    rotation: rotation(tkhd),
    channels: format.channels,
    sampleRate: format.sampleRate,
    edits: elst ? editList(elst) : [],
    defaults: defaultsOf(id),
  }
}

const KINDS: Partial<Record<string, TrackKind>> = {
  vide: 'video',
  auxv: 'video',
  pict: 'video',
  soun: 'audio',
  subt: 'subtitle',
  sbtl: 'subtitle',
  subp: 'subtitle',
  clcp: 'subtitle',
  text: 'text',
  meta: 'metadata',
  hint: 'hint',
}

interface SampleFormat {
  codec: string
  sampleEntry: string
  width?: number
  height?: number
  pixelAspect?: readonly [number, number] | undefined
  channels?: number | undefined
  sampleRate?: number | undefined
}

/** The format of the first sample entry. A track may have several, but of one kind. */
function sampleFormat(stsd: Box, kind: TrackKind): SampleFormat {
  const first = stsd.childrenFrom(8)[0]
  if (first === undefined) throw stsd.error('AVIO_ERR_MP4_BOX_MISSING', 'it has no sample entry')
  const sampleEntry = formatName(first.type)
  if (kind === 'video') {
    const { entry, ...picture } = videoEntry(first)
    return { codec: codecString(entry), sampleEntry, ...picture }
  }
  if (kind === 'audio') {
    const { entry, channels, sampleRate } = audioEntry(first, stsd.version)
    return { codec: codecString(entry), sampleEntry, channels, sampleRate }
  }
  return { codec: codecString(new SampleEntry(first, 8)), sampleEntry }
}

/** `elng`: the language in BCP 47 (ISO/IEC 14496-12 §8.4.6). */
function extendedLanguage(mdia: Box): string | undefined {
  const elng = mdia.child('elng')
  const tag = elng?.content.toString('latin1', 4).split('\0')[0]
  return tag !== undefined && /^[A-Za-z0-9-]{2,35}$/.test(tag) ? tag : undefined
}

/** The angle of the matrix's first row; mux.js truncates its 32-bit numbers to bytes. */
function rotation(tkhd: Box): number {
  const matrix = tkhd.version === 1 ? 52 : 40
  const degrees = (Math.atan2(tkhd.i32(matrix + 4), tkhd.i32(matrix)) * 180) / Math.PI
  return ((Math.round(degrees / 90) + 4) % 4) * 90
}

import { word } from './walk.js'

/** Whether a file begins as one of its container does. A head that is too short is of none. */
export type Signature = (head: Buffer) => boolean

const startsWith =
  (mark: string, at = 0): Signature =>
  head =>
    head.toString('latin1', at, at + mark.length) === mark

const bytes = (hex: string): Signature => startsWith(Buffer.from(hex, 'hex').toString('latin1'))

/** IFF and RIFF: an id, a size, and what form the chunks are of. */
const form =
  (ids: readonly string[], forms: readonly string[]): Signature =>
  head =>
    ids.includes(word(head, 0)) && forms.includes(word(head, 8))

/** Types of the boxes that an MP4 or QuickTime file begins with. */
const MP4_FIRST = new Set(
  'ftyp styp moov moof mdat free skip wide pnot uuid junk pict sidx ssix prft emsg'.split(' '),
)

/** Whether an MP4 or QuickTime file may begin with a box of that type. */
export function isFirstMp4Box(type: string): boolean {
  return MP4_FIRST.has(type)
}

/**
 * The first bytes of each container, in one place for all that tell one from another: what a walk is chosen by, what is
 * piped, and where a cover may be. 16 bytes are enough for each.
 */
export const SIGNATURES = {
  mp4: head => isFirstMp4Box(word(head, 4)),
  matroska: bytes('1a45dfa3'),
  avi: form(['RIFF'], ['AVI ']),
  wave: form(['RIFF'], ['WAVE']),
  /** RF64 and BW64: sizes of 64 bits. */
  longWave: form(['RF64', 'BW64'], ['WAVE']),
  w64: bytes('726966662e91cf11a5d628db04c10000'),
  aiff: form(['FORM'], ['AIFF', 'AIFC']),
  caf: startsWith('caff'),
  au: startsWith('.snd'),
  asf: bytes('3026b2758e66cf11a6d900aa0062ce6c'),
  flv: head => startsWith('FLV')(head) && head.length > 3 && head[3]! < 5,
  flac: startsWith('fLaC'),
  tta: startsWith('TTA1'),
  ogg: startsWith('OggS'),
  wavpack: startsWith('wvpk'),
  mpegPs: bytes('000001ba'),
  mxf: bytes('060e2b34020501010d010201'),
  nut: startsWith('nut/multimedia'),
  ivf: startsWith('DKIF'),
  y4m: startsWith('YUV4MPEG2'),
  webvtt: startsWith('WEBVTT'),
  ass: startsWith('[Script Info]'),
  id3: startsWith('ID3'),
} as const satisfies Record<string, Signature>

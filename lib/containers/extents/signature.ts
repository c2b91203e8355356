import { word } from './walk.js'

/** Whether a file begins with a container's signature. A head that is too short matches none. */
export type Signature = (head: Buffer) => boolean

const startsWith =
  (mark: string, at = 0): Signature =>
  head =>
    head.toString('latin1', at, at + mark.length) === mark

const bytes = (hex: string): Signature => startsWith(Buffer.from(hex, 'hex').toString('latin1'))

/** IFF and RIFF: an id, a size, and a form type. */
const form =
  (ids: readonly string[], forms: readonly string[]): Signature =>
  head =>
    ids.includes(word(head, 0)) && forms.includes(word(head, 8))

/** Types of the first box in MP4 and QuickTime files. */
const MP4_FIRST = new Set(
  'ftyp styp moov moof mdat free skip wide pnot uuid junk pict sidx ssix prft emsg'.split(' '),
)

/** Whether an MP4 or QuickTime file may begin with a box of this type. */
export function isFirstMp4Box(type: string): boolean {
  return MP4_FIRST.has(type)
}

/**
 * The signature of each container, shared by the code that picks a walk, decides whether to pipe, and looks for cover
 * art. Each needs at most 16 bytes.
 */
export const SIGNATURES = {
  mp4: head => isFirstMp4Box(word(head, 4)),
  matroska: bytes('1a45dfa3'),
  avi: form(['RIFF'], ['AVI ']),
  wave: form(['RIFF'], ['WAVE']),
  /** RF64 and BW64: 64-bit sizes. */
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

import { aacConfig, decoderConfig } from './audio-config.js'
import { type SampleEntry, formatName } from './sample-entry.js'

/**
 * The `codecs` parameter of RFC 6381 (https://www.rfc-editor.org/rfc/rfc6381#section-3.3), used in HLS and DASH
 * manifests and `MediaSource.isTypeSupported()`. Each codec's notation is defined in its own document, linked
 * at each function. If the configuration is missing or too short, the result is the bare format.
 */
export function codecString(entry: SampleEntry): string {
  return encoded(codecOf(entry))
}

/**
 * RFC 6381 §3.1 requires other characters than letters, digits and some marks to be written as `%` and two hex
 * digits. A type is any four characters, and a quotation mark would end the attribute of a playlist, a comma
 * the codec.
 */
function encoded(codec: string): string {
  return codec.replace(
    /[^A-Za-z0-9.?_+!$*~-]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

function codecOf(entry: SampleEntry): string {
  const format = formatName(entry.format)
  switch (format) {
    case 'avc1':
    case 'avc2':
    case 'avc3':
    case 'avc4':
      return avc(entry, format)
    case 'hvc1':
    case 'hev1':
      return hevc(entry, format)
    case 'dvh1':
    case 'dvhe':
    case 'dva1':
    case 'dvav':
    case 'dav1':
      return dolbyVision(entry, format)
    case 'av01':
      return av1(entry)
    case 'vp08':
    case 'vp09':
      return vpx(entry, format)
    case 'mp4a':
    case 'mp4v':
      return mpeg4(entry, format)
    case 'mhm1':
    case 'mha1':
      return mpegH(entry, format)
    case 'Opus':
      return 'opus'
    case '.mp3':
      return 'mp3'
    default:
      return format
  }
}

/** ISO/IEC 14496-15 Annex E.2: profile, constraints and level as they stand in the configuration. */
function avc(entry: SampleEntry, format: string): string {
  const avcC = entry.config('avcC', 4)
  return avcC ? `${format}.${avcC.toString('hex', 1, 4)}` : format
}

/** ISO/IEC 14496-15 Annex E.3: profile, compatibility flags in reverse bit order, tier and level, constraints. */
function hevc(entry: SampleEntry, format: string): string {
  const hvcC = entry.config('hvcC', 13)
  if (!hvcC) return format
  const first = hvcC[1]!
  const space = ['', 'A', 'B', 'C'][first >> 6]!
  const tier = first & 0x20 ? 'H' : 'L'
  const compatibility = reverse32(hvcC.readUInt32BE(2)).toString(16).toUpperCase()
  const constraints = [...hvcC.subarray(6, 12)]
  while (constraints.at(-1) === 0) constraints.pop()
  const profile = `${format}.${space}${first & 0x1f}.${compatibility}.${tier}${hvcC[12]!}`
  return [profile, ...constraints.map(byte => byte.toString(16).toUpperCase())].join('.')
}

function reverse32(value: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) reversed = reversed * 2 + ((value >>> bit) & 1)
  return reversed
}

/** Dolby Vision Streams Within the ISO Base Media File Format §3.3 and its HLS guide: profile and level. */
function dolbyVision(entry: SampleEntry, format: string): string {
  const config = entry.config('dvcC', 4) ?? entry.config('dvvC', 4) ?? entry.config('dvwC', 4)
  if (!config) return format
  const bits = config.readUInt16BE(2)
  return `${format}.${decimal(bits >> 9)}.${decimal((bits >> 3) & 0x3f)}`
}

/** https://aomediacodec.github.io/av1-isobmff/#codecsparam: profile, level and tier, depth; more if unusual. */
function av1(entry: SampleEntry): string {
  const av1C = entry.config('av1C', 3)
  if (!av1C) return 'av01'
  const flags = av1C[2]!
  const tier = flags & 0x80 ? 'H' : 'M'
  const depth = flags & 0x40 ? (flags & 0x20 ? 12 : 10) : 8
  const short = `av01.${av1C[1]! >> 5}.${decimal(av1C[1]! & 0x1f)}${tier}.${decimal(depth)}`
  const monochrome = (flags >> 4) & 1
  const subsampling = `${(flags >> 3) & 1}${(flags >> 2) & 1}${flags & 3}`
  const color = nclxColor(entry)
  if (monochrome === 0 && subsampling === '110' && color === undefined) return short
  return `${short}.${monochrome}.${subsampling}.${color ?? BT709.join('.')}`
}

const BT709 = ['01', '01', '01', '0']

/** Primaries, transfer, matrix and range of a `colr` box, if stated and different from BT.709's. */
function nclxColor(entry: SampleEntry): string | undefined {
  const colr = entry.config('colr', 11)
  if (colr?.toString('latin1', 0, 4) !== 'nclx') return undefined
  const codes = [colr.readUInt16BE(4), colr.readUInt16BE(6), colr.readUInt16BE(8)]
  // 2 is "unspecified": the same as absent.
  if (codes.every(code => code === 1 || code === 2) && colr[10]! < 0x80) return undefined
  return [...codes.map(decimal), String(colr[10]! >> 7)].join('.')
}

/** https://www.webmproject.org/vp9/mp4/#codecs-parameter-string: profile, level, depth; more if unusual. */
function vpx(entry: SampleEntry, format: string): string {
  const vpcC = entry.config('vpcC', 10)
  if (!vpcC) return format
  const [profile, level, packed, ...color] = vpcC.subarray(4, 10)
  const depth = packed! >> 4
  const short = `${format}.${decimal(profile!)}.${decimal(level!)}.${decimal(depth)}`
  const chroma = (packed! >> 1) & 7
  const codes = color.slice(0, 3)
  if (chroma <= 1 && (packed! & 1) === 0 && codes.every(code => code === 1 || code === 2)) return short
  return [short, decimal(chroma), ...codes.map(decimal), decimal(packed! & 1)].join('.')
}

/** RFC 6381 §3.3: the object type in hex; for AAC its audio object type, for MPEG-4 Visual its profile and level. */
function mpeg4(entry: SampleEntry, format: string): string {
  const esds = entry.config('esds')
  const config = esds && decoderConfig(esds)
  if (!config) return format
  const { objectTypeIndication, specificInfo } = config
  const short = `${format}.${objectTypeIndication.toString(16).toUpperCase().padStart(2, '0')}`
  if (objectTypeIndication === 0x40) {
    const aac = aacConfig(specificInfo)
    return aac ? `${short}.${aac.objectType}` : short
  }
  if (objectTypeIndication === 0x20) {
    const level = visualProfileAndLevel(specificInfo)
    return level === undefined ? short : `${short}.${level}`
  }
  return short
}

/** `profile_and_level_indication` follows the start code of a visual object sequence (ISO/IEC 14496-2 §6.2.2). */
function visualProfileAndLevel(specificInfo: Uint8Array): number | undefined {
  const starts = [0, 0, 1, 0xb0].every((byte, n) => specificInfo[n] === byte)
  return starts ? specificInfo[4] : undefined
}

/** ISO/IEC 23008-3 §21: the profile and level of MPEG-H audio. */
function mpegH(entry: SampleEntry, format: string): string {
  const mhaC = entry.config('mhaC', 2)
  return mhaC ? `${format}.0x${mhaC.toString('hex', 1, 2).toUpperCase()}` : format
}

function decimal(value: number): string {
  return String(value).padStart(2, '0')
}

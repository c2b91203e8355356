/**
 * The codec, channels and sample rate in audio decoder configurations. The sample entry's own fields are not
 * enough: MP4 writers always put 2 channels there, and 16 bits can't hold 96 kHz.
 */

/** The decoder configuration of an `esds` (ISO/IEC 14496-1 §7.2.6). */
export interface DecoderConfig {
  /** 0x40 is MPEG-4 audio, 0x20 MPEG-4 visual, 0x6b MP3 … (https://mp4ra.org/registered-types/object-types). */
  readonly objectTypeIndication: number
  /** The codec's own configuration. */
  readonly specificInfo: Uint8Array
}

/** Channels and rate, if stated. */
export interface AudioShape {
  readonly channels: number | undefined
  /** In Hz. */
  readonly sampleRate: number | undefined
}

const ES_DESCRIPTOR = 3
const DECODER_CONFIG_DESCRIPTOR = 4
const DECODER_SPECIFIC_INFO = 5

/** Reads the content of an `esds`, version and flags included; `undefined` if it isn't one. */
export function decoderConfig(esds: Uint8Array): DecoderConfig | undefined {
  const es = descriptor(esds.subarray(4), ES_DESCRIPTOR)
  if (es === undefined || es.length < 3) return undefined
  const flags = es[2]!
  let at = 3
  if (flags & 0x80) at += 2
  if (flags & 0x40) at += 1 + (es[at] ?? 0)
  if (flags & 0x20) at += 2
  const config = descriptor(es.subarray(at), DECODER_CONFIG_DESCRIPTOR)
  if (config === undefined || config.length < 13) return undefined
  const specificInfo = descriptor(config.subarray(13), DECODER_SPECIFIC_INFO) ?? new Uint8Array(0)
  return { objectTypeIndication: config[0]!, specificInfo }
}

/**
 * The body of the descriptor at the start of `bytes`, if it has this tag. Its length takes up to four bytes.
 */
function descriptor(bytes: Uint8Array, tag: number): Uint8Array | undefined {
  if (bytes[0] !== tag) return undefined
  let length = 0
  for (let at = 1; at <= 4 && at < bytes.length; at++) {
    const byte = bytes[at]!
    length = (length << 7) | (byte & 0x7f)
    if (byte < 0x80) return bytes.subarray(at + 1, at + 1 + length)
  }
  return undefined
}

/** An AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1), as far as needed. */
export interface AacConfig extends AudioShape {
  /** 2 is AAC-LC, 5 HE-AAC, 29 HE-AAC v2 … */
  readonly objectType: number
}

const AAC_SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
]
const AAC_CHANNELS = [undefined, 1, 2, 3, 4, 5, 6, 8, undefined, undefined, undefined, 7, 8, 24, 8]

/** Reads an AudioSpecificConfig; `undefined` if there is none. */
export function aacConfig(specificInfo: Uint8Array): AacConfig | undefined {
  if (specificInfo.length < 2) return undefined
  const bits = new Bits(specificInfo)
  const objectType = audioObjectType(bits)
  let sampleRate = aacSampleRate(bits)
  const channels = AAC_CHANNELS[bits.read(4)]
  // HE-AAC states its output rate after that of its core; version 2 turns one channel into stereo.
  if (objectType === 5 || objectType === 29) sampleRate = aacSampleRate(bits)
  return { objectType, sampleRate, channels: objectType === 29 ? 2 : channels }
}

function audioObjectType(bits: Bits): number {
  const type = bits.read(5)
  return type === 31 ? 32 + bits.read(6) : type
}

function aacSampleRate(bits: Bits): number | undefined {
  const index = bits.read(4)
  return index === 15 ? bits.read(24) : AAC_SAMPLE_RATES[index]
}

const AC3_SAMPLE_RATES = [48_000, 44_100, 32_000]
const AC3_CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5]

/** Reads a `dac3` (ETSI TS 102 366 §F.4). */
export function ac3Shape(dac3: Uint8Array): AudioShape {
  const bits = new Bits(dac3)
  const sampleRate = AC3_SAMPLE_RATES[bits.read(2)]
  bits.read(5 + 3)
  return { sampleRate, channels: AC3_CHANNELS[bits.read(3)]! + bits.read(1) }
}

/** Reads the first independent substream of a `dec3` (ETSI TS 102 366 §F.6), with its dependent channels. */
export function eac3Shape(dec3: Uint8Array): AudioShape {
  const bits = new Bits(dec3)
  bits.read(13 + 3)
  const sampleRate = AC3_SAMPLE_RATES[bits.read(2)]
  bits.read(5 + 1 + 1 + 3)
  let channels = AC3_CHANNELS[bits.read(3)]! + bits.read(1)
  bits.read(3)
  if (bits.read(4) > 0) {
    // chan_loc, from its last bit: Lc/Rc, Lrs/Rrs, Cs, Ts, Lsd/Rsd, Lw/Rw, Lvh/Rvh, Cvh, LFE2.
    const locations = bits.read(9)
    const counts = [2, 2, 1, 1, 2, 2, 2, 1, 1]
    channels += counts.reduce((sum, count, bit) => (locations & (1 << bit) ? sum + count : sum), 0)
  }
  return { sampleRate, channels }
}

/** Reads a `dOps` (https://opus-codec.org/docs/opus_in_isobmff.html §4.3.2). Opus always decodes to 48 kHz. */
export function opusShape(dOps: Uint8Array): AudioShape {
  return { sampleRate: 48_000, channels: dOps[1] }
}

/** Reads the STREAMINFO of a `dfLa` (https://github.com/xiph/flac/blob/master/doc/isoflac.txt §3.3.2). */
export function flacShape(dfLa: Uint8Array): AudioShape {
  // Version and flags (4), block header (4), then block and frame sizes (10), before the rate.
  if (dfLa.length < 8 + 14) return { sampleRate: undefined, channels: undefined }
  const bits = new Bits(dfLa.subarray(18))
  return { sampleRate: bits.read(20), channels: bits.read(3) + 1 }
}

/** Bits, most significant first; zeros past the end. */
class Bits {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The next `count` bits, at most 31. */
  read(count: number): number {
    let value = 0
    for (let n = 0; n < count; n++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3] ?? 0
      value = (value << 1) | ((byte >> (7 - (this.#at & 7))) & 1)
    }
    return value
  }
}

/** The four-byte header of an MPEG audio frame, layer III. */
export interface MpegFrame {
  /** The frame's size with its header, in bytes. */
  readonly size: number
  /** 1 to 14: the index of its bit rate in the table of its version. */
  readonly bitRateIndex: number
  /** Shared by all frames of a stream: version, layer, sample rate. */
  readonly kind: number
  /** Bytes of side information after the header. */
  readonly sideInfo: number
}

// kbit/s of layers II and III in MPEG-1 (ISO/IEC 11172-3), and of both in MPEG-2 (13818-3) and in 2.5 after it.
const RATES_II = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384]
const RATES_III = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const RATES_2 = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const SAMPLE_RATES = [44_100, 48_000, 32_000]

/** The two bits for layer III. */
const LAYER_III = 1
/** Version, layer and sample rate. */
const KIND_MASK = 0xfffe0c00
const MONO = 3

/**
 * The size of a layer II or III frame with its header, in bytes; `undefined` for four bytes that are no header, or have
 * a free bit rate, which does not determine the size.
 */
export function mpegFrameSize(header: number): number | undefined {
  const version = (header >>> 19) & 3
  const layer = (header >>> 17) & 3
  const rate = SAMPLE_RATES[(header >>> 10) & 3]
  const isSync = header >>> 21 === 0x7ff && version !== 1 && (layer === 1 || layer === 2)
  const rates = version === 3 ? (layer === LAYER_III ? RATES_III : RATES_II) : RATES_2
  const bitRate = rates[((header >>> 12) & 15) - 1]
  if (!isSync || rate === undefined || bitRate === undefined) return undefined
  // Half the rate in MPEG-2, a quarter in 2.5; both halve the samples of layer III.
  const sampleRate = version === 3 ? rate : version === 2 ? rate / 2 : rate / 4
  const slots = version !== 3 && layer === LAYER_III ? 72 : 144
  return Math.floor((slots * bitRate * 1000) / sampleRate) + ((header >>> 9) & 1)
}

/** Parses a header; `undefined` for four bytes that are none, or have a free bit rate. */
export function mpegFrame(header: number): MpegFrame | undefined {
  const size = mpegFrameSize(header)
  if (size === undefined || ((header >>> 17) & 3) !== LAYER_III) return undefined
  const isVersion1 = ((header >>> 19) & 3) === 3
  const isMono = ((header >>> 6) & 3) === MONO
  return {
    size,
    bitRateIndex: (header >>> 12) & 15,
    kind: (header & KIND_MASK) >>> 0,
    sideInfo: isVersion1 ? (isMono ? 17 : 32) : isMono ? 9 : 17,
  }
}

/**
 * A header like `header`, without CRC and padding, for a frame with room for `bytes` after its side information: with
 * the lowest sufficient bit rate, from `bitRateIndex` up.
 */
export function roomyHeader(header: number, bytes: number, bitRateIndex = 1): number {
  const bare = ((header | 0x00010000) & ~0x0000f200) >>> 0
  const of = (index: number) => (bare | (index << 12)) >>> 0
  for (let index = bitRateIndex; index < 14; index++) {
    const { size, sideInfo } = mpegFrame(of(index))!
    if (size >= 4 + sideInfo + bytes) return of(index)
  }
  return of(14)
}

/** The description of a WAV's data in `fmt `. */
export interface WaveFormat {
  /** Whether it is integer PCM, which needs no number of samples. */
  readonly isPlain: boolean
  /** Bytes per block. */
  readonly blockSize: number
  /** Samples per channel and block; `undefined` if the number varies. */
  readonly blockSamples: number | undefined
}

// Tags of RFC 2361.
const [PCM, MS_ADPCM, FLOAT, A_LAW, MU_LAW, IMA_ADPCM, EXTENSIBLE] = [1, 2, 3, 6, 7, 0x11, 0xfffe]

/** Parses the body of a `fmt ` chunk. */
export function waveFormat(body: Buffer): WaveFormat {
  if (body.length < 14) return { isPlain: true, blockSize: 0, blockSamples: undefined }
  const tag = body.readUInt16LE(0)
  // An extensible format's sub-format begins with the tag.
  const coding = tag === EXTENSIBLE && body.length >= 26 ? body.readUInt16LE(24) : tag
  const isBlocked = (coding === MS_ADPCM || coding === IMA_ADPCM) && body.length >= 20
  const isSampled = [PCM, FLOAT, A_LAW, MU_LAW].includes(coding)
  return {
    isPlain: coding === PCM,
    blockSize: body.readUInt16LE(12),
    blockSamples: isBlocked ? body.readUInt16LE(18) : isSampled ? 1 : undefined,
  }
}

/** Samples per channel in `bytes` bytes of data; `undefined` if the size does not determine it. */
export function samplesIn({ blockSize, blockSamples }: WaveFormat, bytes: number): number | undefined {
  if (blockSize === 0 || blockSamples === undefined) return undefined
  return Math.floor(bytes / blockSize) * blockSamples
}

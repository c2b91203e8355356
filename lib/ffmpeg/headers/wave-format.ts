/** What `fmt ` says of a WAV's data. */
export interface WaveFormat {
  /** Whether it is integer PCM, of which no number of samples need be stated. */
  readonly isPlain: boolean
  /** Bytes of a block. */
  readonly blockSize: number
  /** Samples, of each channel, in a block; `undefined` where blocks have no fixed number. */
  readonly blockSamples: number | undefined
}

// Tags of RFC 2361.
const [PCM, MS_ADPCM, FLOAT, A_LAW, MU_LAW, IMA_ADPCM, EXTENSIBLE] = [1, 2, 3, 6, 7, 0x11, 0xfffe]

/** Reads the body of a `fmt ` chunk. */
export function waveFormat(body: Buffer): WaveFormat {
  if (body.length < 14) return { isPlain: true, blockSize: 0, blockSamples: undefined }
  const tag = body.readUInt16LE(0)
  // The sub-format of an extensible one begins with the tag.
  const coding = tag === EXTENSIBLE && body.length >= 26 ? body.readUInt16LE(24) : tag
  const isBlocked = (coding === MS_ADPCM || coding === IMA_ADPCM) && body.length >= 20
  const isSampled = [PCM, FLOAT, A_LAW, MU_LAW].includes(coding)
  return {
    isPlain: coding === PCM,
    blockSize: body.readUInt16LE(12),
    blockSamples: isBlocked ? body.readUInt16LE(18) : isSampled ? 1 : undefined,
  }
}

/** Samples of each channel in `bytes` bytes of data; `undefined` where their number does not tell. */
export function samplesIn({ blockSize, blockSamples }: WaveFormat, bytes: number): number | undefined {
  if (blockSize === 0 || blockSamples === undefined) return undefined
  return Math.floor(bytes / blockSize) * blockSamples
}

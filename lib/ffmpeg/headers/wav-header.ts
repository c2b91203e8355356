import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import { headerTooLarge } from '../../io/pipeline/header-claim.js'
import { HeaderWriter, expectWord, headerInvalid } from './header-writer.js'
import { type WaveFormat, samplesIn, waveFormat } from './wave-format.js'

const STAGE = 'DeferredHeader (wav)'
/** The largest size of a chunk; as a size it means "see ds64" or "unknown". */
const MAX = 0xffffffff
/** Length of a `ds64` without a table: three sizes of 64 bits, and the length of the table. */
const DS64 = 28

/** One chunk of the header. */
interface Chunk {
  readonly id: string
  readonly body: Buffer
}

/**
 * The header of a WAV: everything up to the data. It fills in the sizes of the file and the data, and adds `fact`, the
 * number of samples, in the position of ffmpeg's files: after `fmt `, unless the audio is plain PCM.
 *
 * `fact` counts whole blocks: the stream does not show how far the encoder padded the last ADPCM block. ffmpeg below 6
 * counts likewise; newer versions subtract that padding if they encoded it, less than a block.
 *
 * Above 4 GiB − 1 the sizes go into a `ds64`, and the file is an RF64 (EBU Tech 3306). The `ds64` has to be the first
 * chunk, and replaces the `JUNK` reserved by `-rf64 auto`, before or after `fmt ` (ffmpeg 9.0).
 */
export class WavHeader implements DeferredHeaderBuilder {
  readonly #header = new HeaderWriter({ stage: STAGE, measure })
  #dataSize = 0

  write(chunk: Buffer): Buffer[] {
    const data = this.#header.take(chunk)
    this.#dataSize += data.length
    return data.length === 0 ? [] : [data]
  }

  /** A chunk of an odd size needs a padding byte, which its size excludes. */
  end(): Buffer[] {
    this.#header.end()
    return this.#dataSize % 2 === 1 ? [Buffer.alloc(1)] : []
  }

  /** Padded by a `JUNK` chunk. */
  head(length?: number): Buffer {
    const isAlways64 = this.#header.bytes.toString('latin1', 0, 4) === 'RF64'
    const chunks = this.#chunks()
    const small = this.#assemble(chunks, length, false)
    if (small !== undefined && !isAlways64 && small.length + this.#stored - 8 <= MAX) return small
    const large = this.#assemble(chunks, length, true)
    if (large !== undefined) return large
    throw headerTooLarge(STAGE, this.#assemble(chunks, undefined, true)!.length, length!)
  }

  /** Bytes of the data and its padding. */
  get #stored(): number {
    return this.#dataSize + (this.#dataSize % 2)
  }

  /** The header's chunks, including the number of samples. */
  #chunks(): Chunk[] {
    const chunks = chunksOf(this.#header.bytes)
    const place = chunks.findIndex(({ id }) => id === 'fmt ')
    const format = waveFormat(chunks[place]?.body ?? Buffer.alloc(0))
    const samples = this.#samples(format)
    if (place < 0 || format.isPlain || samples === undefined || chunks.some(({ id }) => id === 'fact')) {
      return chunks
    }
    const body = Buffer.alloc(4)
    body.writeUInt32LE(Math.min(samples, MAX))
    return chunks.toSpliced(place + 1, 0, { id: 'fact', body })
  }

  #samples(format: WaveFormat): number | undefined {
    return samplesIn(format, this.#dataSize)
  }

  /** The header; `undefined` if it can't have `length` bytes. */
  #assemble(chunks: readonly Chunk[], length: number | undefined, is64: boolean): Buffer | undefined {
    const room = chunks.findIndex(({ id, body }) => ['JUNK', 'ds64'].includes(id) && body.length >= DS64)
    const all = is64
      ? [{ id: 'ds64', body: this.#ds64(chunks) }, ...chunks.filter((_, place) => place !== room)]
      : [...chunks]
    const size = all.reduce((sum, { body }) => sum + 8 + body.length + (body.length % 2), 12 + 8)
    const fill = (length ?? size) - size
    if (fill < 0 || (fill > 0 && fill < 8) || fill % 2 === 1) return undefined
    if (fill > 0) all.push({ id: 'JUNK', body: Buffer.alloc(fill - 8) })
    const head = Buffer.concat([
      chunkHeader(is64 ? 'RF64' : 'RIFF', is64 ? MAX : Math.min(size + fill + this.#stored - 8, MAX)),
      Buffer.from('WAVE'),
      ...all.flatMap(({ id, body }) => [chunkHeader(id, body.length), body, Buffer.alloc(body.length % 2)]),
      chunkHeader('data', is64 ? MAX : Math.min(this.#dataSize, MAX)),
    ])
    // The first chunk's body begins at byte 20.
    if (is64) head.writeBigUInt64LE(BigInt(size + fill + this.#stored - 8), 20)
    return head
  }

  /** The sizes in 64 bits, except the file's, which is not yet known. */
  #ds64(chunks: readonly Chunk[]): Buffer {
    const format = chunks.find(({ id }) => id === 'fmt ')
    const body = Buffer.alloc(DS64)
    body.writeBigUInt64LE(BigInt(this.#dataSize), 8)
    body.writeBigUInt64LE(BigInt((format && this.#samples(waveFormat(format.body))) ?? 0), 16)
    return body
  }
}

function chunkHeader(id: string, size: number): Buffer {
  const header = Buffer.from(`${id}\0\0\0\0`, 'latin1')
  header.writeUInt32LE(size, 4)
  return header
}

/** The chunks before the data. */
function chunksOf(header: Buffer): Chunk[] {
  const chunks: Chunk[] = []
  for (let place = 12; place < header.length - 8;) {
    const size = header.readUInt32LE(place + 4)
    const id = header.toString('latin1', place, place + 4)
    chunks.push({ id, body: header.subarray(place + 8, place + 8 + size) })
    place += 8 + size + (size % 2)
  }
  return chunks
}

function measure(bytes: Buffer): number {
  if (bytes.length < 12) return 12
  if (bytes.toString('latin1', 0, 4) !== 'RF64') expectWord(STAGE, bytes, 'RIFF')
  expectWord(STAGE, bytes, 'WAVE', 8)
  let place = 12
  while (place + 8 <= bytes.length) {
    const size = bytes.readUInt32LE(place + 4)
    if (bytes.toString('latin1', place, place + 4) === 'data') return place + 8
    if (size === MAX) throw headerInvalid(STAGE, `the chunk before its data at byte ${place} has no size`)
    place += 8 + size + (size % 2)
  }
  return place + 8
}

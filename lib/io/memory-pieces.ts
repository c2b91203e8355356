import { types } from 'node:util'
import { optionError } from '../options.js'

/** Memory of a caller, in one piece or several, as one run of bytes. */
export class MemoryPieces {
  /** Bytes of all pieces together. */
  readonly length: number
  readonly #pieces: readonly Buffer[]
  /** Where the piece used last begins, and its number: bytes are filled in order. */
  #from = 0
  #index = 0

  /** @throws {@link OptionError} where it is not made of `Uint8Array`s */
  constructor(memory: Uint8Array | readonly Uint8Array[]) {
    const pieces: readonly unknown[] = Array.isArray(memory) ? memory : [memory]
    this.#pieces = pieces.map(piece => {
      if (!types.isUint8Array(piece)) throw optionError('memory', 'a Uint8Array or an array of them', piece)
      return Buffer.isBuffer(piece) ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    })
    this.length = this.#pieces.reduce((sum, { length }) => sum + length, 0)
  }

  /** The memory from `offset` on, as far as it is in one piece: at most `size` bytes, none at the end. */
  at(offset: number, size = Infinity): Buffer {
    if (offset < this.#from) this.#from = this.#index = 0
    let piece = this.#pieces[this.#index]
    while (piece !== undefined && offset - this.#from >= piece.length) {
      this.#from += piece.length
      piece = this.#pieces[++this.#index]
    }
    const begin = offset - this.#from
    return piece?.subarray(begin, Math.min(piece.length, begin + size)) ?? NOTHING
  }

  /** The pieces of the next `size` bytes from `offset` on, or of all up to the end. */
  list(offset: number, size: number): Buffer[] {
    const list: Buffer[] = []
    const end = Math.min(offset + size, this.length)
    for (let at = offset; at < end;) {
      const piece = this.at(at, end - at)
      list.push(piece)
      at += piece.length
    }
    return list
  }

  /** Copies `chunk` to `offset`, as far as there is room; returns the number of bytes copied. */
  write(offset: number, chunk: Uint8Array): number {
    let copied = 0
    while (copied < chunk.length) {
      const piece = this.at(offset + copied, chunk.length - copied)
      if (piece.length === 0) break
      piece.set(piece.length === chunk.length ? chunk : chunk.subarray(copied, copied + piece.length))
      copied += piece.length
    }
    return copied
  }
}

const NOTHING = Buffer.alloc(0)

import type { DeferredHeaderBuilder } from '../../io/pipeline/deferred-header-builder.js'
import { headerTooLarge } from '../../io/pipeline/header-claim.js'
import { HeaderWriter, expectWord, headerInvalid } from './header-writer.js'

const STAGE = 'DeferredHeader (au)'
/** The size that means "unknown". */
const UNKNOWN = 0xffffffff

/**
 * The header of an AU: `.snd`, the offset of the data, its size, and its description.
 * A size of 4 GiB − 1 and more stays "unknown", which readers take as "to the end".
 */
export class AuHeader implements DeferredHeaderBuilder {
  readonly #header = new HeaderWriter({ stage: STAGE, measure })
  #dataSize = 0

  write(chunk: Buffer): Buffer[] {
    const data = this.#header.take(chunk)
    this.#dataSize += data.length
    return data.length === 0 ? [] : [data]
  }

  end(): Buffer[] {
    this.#header.end()
    return []
  }

  /** Padded by a longer annotation, which readers skip. */
  head(length = this.#header.bytes.length): Buffer {
    const size = this.#header.bytes.length
    if (length < size) throw headerTooLarge(STAGE, size, length)
    const head = Buffer.alloc(length)
    this.#header.bytes.copy(head)
    head.writeUInt32BE(length, 4)
    head.writeUInt32BE(Math.min(this.#dataSize, UNKNOWN), 8)
    return head
  }
}

function measure(bytes: Buffer): number {
  if (bytes.length < 24) return 24
  expectWord(STAGE, bytes, '.snd')
  const place = bytes.readUInt32BE(4)
  if (place < 24) throw headerInvalid(STAGE, `its data begin at byte ${place}, within its header`)
  return place
}

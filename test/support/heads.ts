import { createHash } from 'node:crypto'
import type { DeferredHeaderBuilder } from '../../lib/io/pipeline/deferred-header-builder.js'
import { headerTooLarge } from '../../lib/io/pipeline/header-claim.js'
import { DeferredHeaderTransform } from '../../lib/io/pipeline/deferred-header-transform.js'

/** A header of `size` bytes that depends on all bytes received, and can be padded like that of an MP4. */
class Digest implements DeferredHeaderBuilder {
  readonly #size: number
  readonly #hash = createHash('sha256')

  constructor(size: number) {
    this.#size = size
  }

  write(chunk: Buffer): Buffer[] {
    this.#hash.update(chunk)
    return [chunk]
  }

  end(): Buffer[] {
    return []
  }

  head(length = this.#size): Buffer {
    const room = length - this.#size
    if (room !== 0 && room < 8) throw headerTooLarge('Digest', this.#size, length)
    const digest = this.#hash.copy().digest()
    const head = Buffer.alloc(length, 'free')
    for (let from = 0; from < this.#size; from += digest.length) {
      digest.copy(head, from, 0, Math.min(digest.length, this.#size - from))
    }
    return head
  }
}

/** A stream that passes everything on, and provides a header of `size` bytes at its end. */
export function headed(size: number): DeferredHeaderTransform {
  return new DeferredHeaderTransform({
    name: 'Headed',
    assembly: new Digest(size),
    signal: undefined,
    highWaterMark: undefined,
  })
}

/** The file that `headed(size)` makes from `media`: header, padding up to `length`, media. */
export function fileOf(media: Buffer, size: number, length = size): Buffer {
  const assembly = new Digest(size)
  assembly.write(media)
  return Buffer.concat([assembly.head(length), media])
}

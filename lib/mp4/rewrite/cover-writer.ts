import { type BoxHeader, BoxReader, headerBytes } from '../boxes/box-reader.js'
import { BoxRewrite } from '../boxes/box-rewrite.js'
import { type Part, boxPart, bytesOf, bytesPart, numbersPart } from '../boxes/box-writer.js'
import { Box } from '../boxes/box.js'

/**
 * Image types in iTunes metadata, by their first bytes: `data` boxes use QuickTime's well-known types
 * (https://developer.apple.com/documentation/quicktime-file-format/well-known_types).
 */
const TYPES: readonly { readonly mark: Buffer; readonly type: number }[] = [
  { mark: Buffer.from('ffd8ff', 'hex'), type: 13 },
  { mark: Buffer.from('89504e470d0a1a0a', 'hex'), type: 14 },
  { mark: Buffer.from('BM'), type: 27 },
]

/** Whether the image can be an MP4 cover: JPEG, PNG and BMP can. */
export function isCoverImage(image: Buffer): boolean {
  return typeOf(image) !== undefined
}

/**
 * Writes a cover into the `moov` of a fragmented MP4, where players look for it: `udta`, `meta`, `ilst`,
 * `covr`. Other content of these stays. No later offset counts from the start of the file
 * (`default_base_moof`), so nothing else changes.
 *
 * Memory: the `moov`, with the cover.
 *
 * Errors: those of `BoxReader`; `AVIO_ERR_MP4_BOX_TOO_LARGE` for a `moov` past `maxBoxSize`.
 */
export class CoverWriter {
  readonly #boxes: BoxReader
  readonly #image: Buffer
  #out: Buffer[] = []

  /**
   * @param image - must satisfy {@link isCoverImage}
   * @param maxBoxSize - the largest possible `moov`, in bytes
   */
  constructor(image: Buffer, maxBoxSize: number) {
    this.#image = image
    this.#boxes = new BoxReader(
      {
        onBox: header => this.#begin(header),
        onCollected: box => this.#out.push(this.#withCover(box)),
        onContent: bytes => this.#out.push(bytes),
        onPassed: () => undefined,
      },
      maxBoxSize,
    )
  }

  /** Takes the next bytes; returns the bytes to pass on. */
  write(chunk: Buffer): readonly Buffer[] {
    this.#boxes.write(chunk)
    const out = this.#out
    this.#out = []
    return out
  }

  /** The stream has ended. */
  end(): void {
    this.#boxes.end()
  }

  #begin(header: BoxHeader): 'collect' | 'pass' {
    if (header.type === 'moov' && header.index === 0) return 'collect'
    this.#out.push(headerBytes(header))
    return 'pass'
  }

  #withCover(moov: Box): Buffer {
    const own = Buffer.from(moov.raw)
    const box = Box.topLevel(own, 0, own.length, moov.offset, moov.index)
    const rewrite = new BoxRewrite(box)
    const cover = boxPart('covr', [
      boxPart('data', [numbersPart(typeOf(this.#image)!, 0), bytesPart(this.#image)]),
    ])
    const udta = box.child('udta')
    const meta = udta?.childrenFrom(0, true).find(({ type }) => type === 'meta')
    const list = meta?.childrenFrom(4).find(({ type }) => type === 'ilst')
    if (list) rewrite.replace(list, bytesOf(boxPart('ilst', [bytesPart(list.content), cover])))
    else if (udta) rewrite.replace(udta, bytesOf(boxPart('udta', [bytesPart(udta.content), metaPart(cover)])))
    else {
      const last = box.children.at(-1)
      if (last === undefined) return own
      rewrite.replace(last, Buffer.concat([last.raw, bytesOf(boxPart('udta', [metaPart(cover)]))]))
    }
    return rewrite.bytes()
  }
}

function typeOf(image: Buffer): number | undefined {
  return TYPES.find(({ mark }) => image.subarray(0, mark.length).equals(mark))?.type
}

/** An iTunes `meta`: a full box with the handler `mdir`. */
function metaPart(item: Part): Part {
  const handler = Buffer.alloc(25)
  handler.write('mdirappl', 8, 'latin1')
  return boxPart('meta', [numbersPart(0), boxPart('hdlr', [bytesPart(handler)]), boxPart('ilst', [item])])
}

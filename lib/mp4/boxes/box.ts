import { BoxFields } from './box-fields.js'
import { fourCC, headerLength, pathStep, sizeWithin } from './box-header.js'

/** The buffer shared by a tree of boxes. */
interface Source {
  readonly bytes: Buffer
  /** Offset of `bytes` in the stream. */
  readonly origin: number
  /** Number of boxes found so far: bounded, or 16 MiB of empty ones would become objects. */
  found: number
}

/**
 * A box completely in memory, with those inside it. Nothing is copied: a box is a view of the buffer it was collected
 * in.
 */
export class Box extends BoxFields {
  readonly type: string
  readonly parent: Box | undefined
  /** Its number among boxes of its type in its parent, from 0. */
  readonly index: number
  /** Start of the content in `bytes`. */
  readonly contentStart: number
  /** One past the last byte in `bytes`. */
  readonly end: number
  readonly #start: number
  readonly #source: Source
  #children: Box[] | undefined

  private constructor(
    source: Source,
    parent: Box | undefined,
    type: string,
    index: number,
    start: number,
    contentStart: number,
    end: number,
  ) {
    super()
    this.#source = source
    this.parent = parent
    this.type = type
    this.index = index
    this.#start = start
    this.contentStart = contentStart
    this.end = end
  }

  /**
   * A top-level box.
   *
   * @param bytes - the buffer with the whole box
   * @param start - start of the box in it, header included
   * @param end - one past its last byte
   * @param offset - its offset in the stream
   * @param index - its number among boxes of its type, from 0
   */
  static topLevel(bytes: Buffer, start: number, end: number, offset: number, index: number): Box {
    const source = { bytes, origin: offset - start, found: 0 }
    const contentStart = Math.min(start + headerLength(bytes, start), end)
    return new Box(source, undefined, fourCC(bytes, start + 4), index, start, contentStart, end)
  }

  /** The buffer that this box is a view of. */
  get bytes(): Buffer {
    return this.#source.bytes
  }

  /** Offset of `bytes` in the stream. */
  get origin(): number {
    return this.#source.origin
  }

  /** Offset of the box from the start of the stream. */
  get offset(): number {
    return this.#source.origin + this.#start
  }

  /** The box itself, as for an `InnerBox`. */
  get box(): this {
    return this
  }

  /** Size of the box, header included. */
  get size(): number {
    return this.end - this.#start
  }

  /** The content, without copying. */
  get content(): Buffer {
    return this.bytes.subarray(this.contentStart, this.end)
  }

  /** The whole box including its header, without copying. */
  get raw(): Buffer {
    return this.bytes.subarray(this.#start, this.end)
  }

  /** The path to the box: `moof[3]/traf[0]/trun[0]`. */
  get path(): string {
    const step = pathStep(this.type, this.index)
    return this.parent ? `${this.parent.path}/${step}` : step
  }

  /** The inner boxes. Parsed once; the caller must know that the content consists of boxes only. */
  get children(): readonly Box[] {
    return (this.#children ??= this.childrenFrom(0))
  }

  /**
   * The inner boxes from `at` of the content on.
   *
   * @param lenient - stop at anything that is not a box instead of failing: QuickTime ends the boxes of a
   * sample entry with four zero bytes, and writers of sample entries have left stranger things there
   */
  childrenFrom(at: number, lenient = false): Box[] {
    const children: Box[] = []
    const counts = new Map<string, number>()
    let start = this.contentStart + at
    while (start < this.end) {
      const child = this.#childAt(start, counts, lenient)
      if (child === undefined) break
      children.push(child)
      start = child.end
    }
    return children
  }

  /** The first child of `type`, if any. */
  child(type: string): Box | undefined {
    return this.children.find(child => child.type === type)
  }

  /** The first child of `type`; throws if it is missing. */
  needChild(type: string): Box {
    const child = this.child(type)
    if (child !== undefined) return child
    throw this.error('AVIO_ERR_MP4_BOX_MISSING', `it has no ${type} box, which is required`)
  }

  #childAt(start: number, counts: Map<string, number>, lenient: boolean): Box | undefined {
    const { bytes } = this
    if (lenient && sizeWithin(bytes, start, this.end) === 0) return undefined
    const size = this.childSize(start)
    this.checkCount(++this.#source.found)
    const type = fourCC(bytes, start + 4)
    const index = counts.get(type) ?? 0
    counts.set(type, index + 1)
    return new Box(this.#source, this, type, index, start, start + headerLength(bytes, start), start + size)
  }
}

import { BoxFields } from './box-fields.js'
import { headerLength, pathStep } from './box-header.js'
import type { Box } from './box.js'

const NOTHING = Buffer.alloc(0)

/**
 * An inner box of one type, as an object that is moved from box to box: a tree of `Box`es takes an object for each,
 * which with a fragment per frame is most of the work.
 *
 * Its place in the stream is known even when its bytes are gone, so an error can name it later.
 */
export class InnerBox extends BoxFields {
  readonly type: string
  bytes: Buffer = NOTHING
  origin = 0
  contentStart = 0
  end = 0
  #parent: Box | InnerBox | undefined
  #start = 0
  #index = 0
  #position = 0

  constructor(type: string) {
    super()
    this.type = type
  }

  /**
   * Moves it.
   *
   * @param parent - the box around it
   * @param start - start of the box in the parent's bytes, header included
   * @param size - its size in bytes, which fits in the parent
   * @param index - its number among boxes of its type in its parent, from 0
   * @param position - its number among all boxes in its parent, from 0
   */
  moveTo(parent: Box | InnerBox, start: number, size: number, index: number, position: number): void {
    const { bytes } = parent
    this.#parent = parent
    this.bytes = bytes
    this.origin = parent.origin
    this.#start = start
    this.contentStart = start + headerLength(bytes, start)
    this.end = start + size
    this.#index = index
    this.#position = position
  }

  /**
   * Moves it to a box of the same size, in a parent like its own. Its place in the stream is then unknown.
   *
   * @param by - how much further it starts in `bytes` than it did in its buffer
   */
  shift(bytes: Buffer, by: number): void {
    this.bytes = bytes
    this.#start += by
    this.contentStart += by
    this.end += by
  }

  get offset(): number {
    return this.origin + this.#start
  }

  get path(): string {
    return `${this.#parent!.path}/${pathStep(this.type, this.#index)}`
  }

  /** The same box, in the tree of its parent, which is made for it. */
  get box(): Box {
    return this.#parent!.box.children[this.#position]!
  }
}

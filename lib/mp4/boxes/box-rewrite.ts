import type { Box } from './box.js'
import { writeLong } from './box-writer.js'

/** A replaced range of a box. Positions count from the start of the top-level box. */
interface Change {
  readonly start: number
  readonly end: number
  readonly bytes: Buffer
}

interface OrderedChange extends Change {
  /** By how much the box grows up to the end of this change. */
  readonly growth: number
}

/**
 * A top-level box with some inner boxes replaced, by longer or shorter ones or by nothing. The sizes of the
 * enclosing boxes are updated; the caller rewrites other values that depend on positions ({@link moved}).
 */
export class BoxRewrite {
  readonly #box: Box
  readonly #changes: Change[] = []
  #ordered: readonly OrderedChange[] | undefined
  /** By how much the enclosing boxes grow. */
  readonly #growth = new Map<Box, number>()

  /** @param box - a top-level box, completely in memory */
  constructor(box: Box) {
    this.#box = box
  }

  /** Whether nothing was replaced. */
  get isEmpty(): boolean {
    return this.#changes.length === 0
  }

  /** Replaces the inner box `box`, once, by `bytes`: a box or nothing. */
  replace(box: Box, bytes: Buffer): void {
    const start = box.offset - this.#box.offset
    this.#ordered = undefined
    this.#changes.push({ start, end: start + box.size, bytes })
    for (let around = box.parent; around !== undefined; around = around.parent) {
      this.#growth.set(around, (this.#growth.get(around) ?? 0) + bytes.length - box.size)
    }
  }

  /** The new position of the byte at `at`; bytes after the box move by its whole growth. */
  moved(at: number): number {
    const changes = this.#inOrder()
    let low = 0
    let high = changes.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (changes[middle]!.end <= at) low = middle + 1
      else high = middle
    }
    return at + (changes[low - 1]?.growth ?? 0)
  }

  /** The rewritten box. */
  bytes(): Buffer {
    const { raw, offset } = this.#box
    const parts: Buffer[] = []
    let from = 0
    for (const { start, end, bytes } of this.#inOrder()) {
      parts.push(raw.subarray(from, start), bytes)
      from = end
    }
    const whole = Buffer.concat([...parts, raw.subarray(from)])
    for (const [box, growth] of this.#growth) {
      resize(whole, this.moved(box.offset - offset), box.size + growth)
    }
    return whole
  }

  #inOrder(): readonly OrderedChange[] {
    if (this.#ordered !== undefined) return this.#ordered
    let growth = 0
    return (this.#ordered = this.#changes
      .toSorted((a, b) => a.start - b.start)
      .map(change => ({ ...change, growth: (growth += change.bytes.length - (change.end - change.start)) })))
  }
}

/** Rewrites the size of the box at `at`; "to the end" stays. */
function resize(bytes: Buffer, at: number, size: number): void {
  const stated = bytes.readUInt32BE(at)
  if (stated === 1) writeLong(bytes, size, at + 8)
  else if (stated !== 0) bytes.writeUInt32BE(size, at)
}

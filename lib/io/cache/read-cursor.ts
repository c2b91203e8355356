/** How many ended cursors are remembered. */
const REMEMBERED = 8
/** How many blocks away from where a cursor stopped a new one still goes on with it. */
const NEAR = 2
/** The window may grow by one block for each so many blocks that were read in order. */
const BLOCKS_PER_STEP = 1

/** One reader's place and what is known of its way of reading. Blocks are counted, bytes are positions. */
export class ReadCursor {
  /** The next byte to be delivered. */
  position: number
  /** The last block that it may want. */
  last: number
  /** Whether a loop is running on it. */
  live = true
  /** How often a reader came back to it. */
  returns = 0
  /** Nothing from this block on is read ahead: a read ahead of it failed. */
  horizon = Infinity
  /** What the cache had delivered in all when it was used last. */
  lastUse = 0
  #window = 1
  #furthest: number
  #inOrder = 0
  #starvedAt = -1

  constructor(position: number, last: number) {
    this.position = this.#furthest = position
    this.last = last
  }

  /** How many blocks may be held or asked for from its place on, itself included. */
  get window(): number {
    return this.#window
  }

  /** Says that the next `bytes` were delivered. */
  advance(bytes: number): void {
    this.position += bytes
    this.#inOrder += Math.max(0, this.position - this.#furthest)
    this.#furthest = Math.max(this.#furthest, this.position)
  }

  /** The reader has to wait for `block`: the window doubles, as far as what it read in order justifies. */
  starved(block: number, blockSize: number): void {
    if (block === this.#starvedAt) return
    this.#starvedAt = block
    const justified = 1 + Math.floor(this.#inOrder / blockSize / BLOCKS_PER_STEP)
    // The second block is evidence enough for a third: without it, each of the first blocks would be waited for.
    const allowed = this.#inOrder >= blockSize ? Math.max(2, justified) : 1
    this.#window = Math.max(this.#window, Math.min(2 * this.#window, allowed))
  }

  /** The cursor of a reader that goes on from `position`, up to block `last`. What this one has learnt goes there. */
  successor(position: number, last: number): ReadCursor {
    const next = new ReadCursor(position, last)
    next.returns = this.returns + 1
    next.#window = this.#window
    next.#inOrder = this.#inOrder
    next.#furthest = Math.max(this.#furthest, position)
    this.#window = 1
    this.#inOrder = 0
    return next
  }
}

/**
 * All cursors on one cache: those that are being read from, and the last few that have ended. Pure arithmetic.
 *
 * ffmpeg opens a connection for each jump, so a reader that goes to and fro between two places (sound here, pictures
 * there) is seen as a great many short reads. A read that begins near where another one stopped is therefore taken
 * for its continuation: it inherits how far that had learnt to read ahead.
 *
 * The places of the cache are shared: each cursor that is *fresh* (live, or left less than a cacheful of delivered
 * bytes ago) may look ahead by its window, but by no more than an equal share of all places. So the blocks that
 * cursors have fetched and not yet read all fit in, and none drives out another's.
 */
export class ReadCursors {
  readonly #blockSize: number
  readonly #capacity: number
  #cursors: ReadCursor[] = []
  /** Live ones that a later reader has gone on from. */
  readonly #replaced = new Set<ReadCursor>()
  #delivered = 0

  constructor(blockSize: number, capacity: number) {
    this.#blockSize = blockSize
    this.#capacity = capacity
  }

  /** A cursor for a read from `start` to `end` (exclusive). */
  open(start: number, end: number): ReadCursor {
    this.#forget()
    const last = this.#blockOf(end - 1)
    const near = this.#nearest(start)
    const cursor = near?.successor(start, last) ?? new ReadCursor(start, last)
    cursor.lastUse = this.#delivered
    // ffmpeg opens the connection it jumps to before it closes the one it comes from: that one may still be live.
    if (near?.live === true) this.#replaced.add(near)
    else if (near !== undefined) this.#drop(near)
    this.#cursors.push(cursor)
    return cursor
  }

  /** The loop on `cursor` is over; it is remembered, unless another has taken its place. */
  close(cursor: ReadCursor): void {
    this.#drop(cursor)
    cursor.live = false
    cursor.lastUse = this.#delivered
    // The one used last goes to the end.
    if (!this.#replaced.delete(cursor)) this.#cursors.push(cursor)
    this.#forget()
  }

  /** Says that `bytes` were delivered to `cursor`. */
  deliver(cursor: ReadCursor, bytes: number): void {
    cursor.advance(bytes)
    this.#delivered += bytes
    cursor.lastUse = this.#delivered
  }

  /**
   * The blocks that `cursor` holds on to: from its place to the end of its window. One that has ended and that nobody
   * ever came back to holds on to the block it was in, and to no more.
   */
  reach(cursor: ReadCursor): { first: number; last: number } {
    const first = this.#blockOf(cursor.position)
    const share = Math.max(1, Math.floor(this.#capacity / this.#cursors.length))
    const window = cursor.live || cursor.returns > 0 ? Math.min(cursor.window, share) : 1
    return { first, last: Math.min(first + window - 1, Math.max(first, cursor.last)) }
  }

  /** A read of `block` failed for good: whoever would have come to it later does not read ahead that far any more. */
  stopAt(block: number): void {
    for (const cursor of this.#cursors) {
      if (this.#blockOf(cursor.position) <= block) cursor.horizon = Math.min(cursor.horizon, block)
    }
  }

  /** Whether any cursor holds on to `block`. */
  wants(block: number): boolean {
    return this.#cursors.some(cursor => {
      const { first, last } = this.reach(cursor)
      return first <= block && block <= last
    })
  }

  #drop(cursor: ReadCursor): void {
    this.#cursors = this.#cursors.filter(other => other !== cursor)
  }

  #nearest(position: number): ReadCursor | undefined {
    let found: ReadCursor | undefined
    let best = NEAR * this.#blockSize
    for (const cursor of this.#cursors) {
      const distance = Math.abs(cursor.position - position)
      if (this.#replaced.has(cursor) || distance > best) continue
      found = cursor
      best = distance
    }
    return found
  }

  #forget(): void {
    const ended = this.#cursors.filter(cursor => !cursor.live)
    const old = this.#delivered - this.#capacity * this.#blockSize
    const gone = new Set(ended.filter((cursor, n) => n < ended.length - REMEMBERED || cursor.lastUse < old))
    if (gone.size > 0) this.#cursors = this.#cursors.filter(cursor => !gone.has(cursor))
  }

  #blockOf(position: number): number {
    return Math.floor(position / this.#blockSize)
  }
}

/** Number of ended cursors remembered. */
const REMEMBERED = 8
/** How many blocks away from a cursor's end a new read still counts as its continuation. */
const NEAR = 2
/** The window may grow by one block for this many blocks read in order. */
const BLOCKS_PER_STEP = 1

/** One reader's position and its access pattern so far. Blocks are numbers, positions are bytes. */
export class ReadCursor {
  /** The next byte to deliver. */
  position: number
  /** The last block it may need. */
  last: number
  /** Whether a loop is running on it. */
  live = true
  /** How often a reader continued from it. */
  returns = 0
  /** Nothing from this block on is read ahead, because an earlier read-ahead of it failed. */
  horizon = Infinity
  /** The cache's total bytes delivered at its last use. */
  lastUse = 0
  #window = 1
  #furthest: number
  #inOrder = 0
  #starvedAt = -1

  constructor(position: number, last: number) {
    this.position = this.#furthest = position
    this.last = last
  }

  /** How many blocks may be held or requested from its position on, its own included. */
  get window(): number {
    return this.#window
  }

  /** Records that the next `bytes` were delivered. */
  advance(bytes: number): void {
    this.position += bytes
    this.#inOrder += Math.max(0, this.position - this.#furthest)
    this.#furthest = Math.max(this.#furthest, this.position)
  }

  /** The reader has to wait for `block`: doubles the window, as far as its sequential reading justifies. */
  starved(block: number, blockSize: number): void {
    if (block === this.#starvedAt) return
    this.#starvedAt = block
    const justified = 1 + Math.floor(this.#inOrder / blockSize / BLOCKS_PER_STEP)
    // The second block justifies a third: otherwise each of the first blocks would be waited for.
    const allowed = this.#inOrder >= blockSize ? Math.max(2, justified) : 1
    this.#window = Math.max(this.#window, Math.min(2 * this.#window, allowed))
  }

  /**
   * The cursor of a reader that continues from `position`, up to block `last`. It inherits this cursor's
   * pattern.
   */
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
 * All cursors on one cache: the live ones, and the last few that have ended. Pure arithmetic.
 *
 * ffmpeg opens a connection for each seek, so a reader that alternates between two positions (audio here, video
 * there) appears as many short reads. A read that starts near the end of another one is therefore treated as
 * its continuation: it inherits its read-ahead.
 *
 * The places of the cache are shared: each *fresh* cursor (live, or left less than a cacheful of delivered
 * bytes ago) may read ahead by its window, but by no more than an equal share of all places. So the fetched but
 * unread blocks of all cursors fit, and no cursor evicts another's.
 */
export class ReadCursors {
  readonly #blockSize: number
  readonly #cache: { readonly capacity: number }
  #cursors: ReadCursor[] = []
  /** Live cursors that a later reader has continued. */
  readonly #replaced = new Set<ReadCursor>()
  #delivered = 0

  /**
   * @param blockSize - bytes of a block
   * @param cache - how many blocks it may hold, which may change
   */
  constructor(blockSize: number, cache: { readonly capacity: number }) {
    this.#blockSize = blockSize
    this.#cache = cache
  }

  /** A cursor for a read from `start` to `end` (exclusive). */
  open(start: number, end: number): ReadCursor {
    this.#forget()
    const last = this.#blockOf(end - 1)
    const near = this.#nearest(start)
    const cursor = near?.successor(start, last) ?? new ReadCursor(start, last)
    cursor.lastUse = this.#delivered
    // ffmpeg opens the connection it seeks to before it closes the old one, which may therefore still be live.
    if (near?.live === true) this.#replaced.add(near)
    else if (near !== undefined) this.#drop(near)
    this.#cursors.push(cursor)
    return cursor
  }

  /** The loop on `cursor` is over; the cursor is remembered unless another one has replaced it. */
  close(cursor: ReadCursor): void {
    this.#drop(cursor)
    cursor.live = false
    cursor.lastUse = this.#delivered
    // The most recently used goes to the end.
    if (!this.#replaced.delete(cursor)) this.#cursors.push(cursor)
    this.#forget()
  }

  /** Records that `bytes` were delivered to `cursor`. */
  deliver(cursor: ReadCursor, bytes: number): void {
    cursor.advance(bytes)
    this.#delivered += bytes
    cursor.lastUse = this.#delivered
  }

  /**
   * The blocks that `cursor` needs: from its position to the end of its window. An ended cursor that no reader
   * has continued needs only the block it was in.
   */
  reach(cursor: ReadCursor): { first: number; last: number } {
    const first = this.#blockOf(cursor.position)
    const share = Math.max(1, Math.floor(this.#cache.capacity / this.#cursors.length))
    const window = cursor.live || cursor.returns > 0 ? Math.min(cursor.window, share) : 1
    return { first, last: Math.min(first + window - 1, Math.max(first, cursor.last)) }
  }

  /** A read of `block` failed for good: cursors before it no longer read ahead that far. */
  stopAt(block: number): void {
    for (const cursor of this.#cursors) {
      if (this.#blockOf(cursor.position) <= block) cursor.horizon = Math.min(cursor.horizon, block)
    }
  }

  /** Whether any cursor needs `block`. */
  wants(block: number): boolean {
    for (const cursor of this.#cursors) {
      const { first, last } = this.reach(cursor)
      if (first <= block && block <= last) return true
    }
    return false
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
    const old = this.#delivered - this.#cache.capacity * this.#blockSize
    const gone = new Set(ended.filter((cursor, n) => n < ended.length - REMEMBERED || cursor.lastUse < old))
    if (gone.size > 0) this.#cursors = this.#cursors.filter(cursor => !gone.has(cursor))
  }

  #blockOf(position: number): number {
    return Math.floor(position / this.#blockSize)
  }
}

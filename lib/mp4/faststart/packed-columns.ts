/**
 * Values in a full page. Small enough that a short track takes little, large enough that the overhead is
 * negligible.
 */
const PAGE = 4096

type Page = Uint8Array | Uint16Array | Uint32Array

/**
 * A growing list of unsigned 32-bit numbers. It grows by pages, so that nothing is copied as it gets longer; a
 * full page is stored with 1, 2 or 4 bytes a value, depending on its largest value.
 *
 * Memory: 1, 2 or 4 bytes a value, and one 16 KiB page being filled.
 */
export class Column {
  readonly #full: Page[] = []
  /** The page being filled: only as long as necessary at first. */
  #page = new Uint32Array(16)
  #used = 0
  #most = 0

  /** Number of values. */
  get length(): number {
    return this.#full.length * PAGE + this.#used
  }

  /** Adds `count` times the same value. */
  add(value: number, count = 1): void {
    this.#most = Math.max(this.#most, value)
    for (let left = count; left > 0;) {
      if (this.#used === this.#page.length) this.#turn(value)
      const end = Math.min(this.#used + left, this.#page.length)
      if (end === this.#used + 1) this.#page[this.#used] = value
      else this.#page.fill(value, this.#used, end)
      left -= end - this.#used
      this.#used = end
    }
  }

  /** All values in order. */
  *values(): Generator<number, void, undefined> {
    for (const page of this.#full) yield* page
    for (let n = 0; n < this.#used; n++) yield this.#page[n]!
  }

  /** The page is full: enlarge it, or start the next. */
  #turn(next: number): void {
    if (this.#used < PAGE) {
      const longer = new Uint32Array(this.#used * 4)
      longer.set(this.#page)
      this.#page = longer
      return
    }
    this.#full.push(compact(this.#page, this.#most))
    if (this.#most > 0xffff) this.#page = new Uint32Array(PAGE)
    this.#used = 0
    this.#most = next
  }
}

function compact(page: Uint32Array, most: number): Page {
  if (most <= 0xff) return Uint8Array.from(page)
  return most <= 0xffff ? Uint16Array.from(page) : page
}

/** A growing list of numbers up to 2⁵³, 8 bytes each. */
export class LongColumn {
  readonly #full: Float64Array[] = []
  #page = new Float64Array(16)
  #used = 0

  get length(): number {
    return this.#full.reduce((sum, page) => sum + page.length, 0) + this.#used
  }

  add(value: number): void {
    if (this.#used === this.#page.length) {
      this.#full.push(this.#page)
      this.#page = new Float64Array(Math.min(this.#used * 2, PAGE))
      this.#used = 0
    }
    this.#page[this.#used++] = value
  }

  /** All values in order. */
  *values(): Generator<number, void, undefined> {
    for (const page of this.#full) yield* page
    for (let n = 0; n < this.#used; n++) yield this.#page[n]!
  }
}

/** A growing list of numbers that stores runs of equal values once, with their count. */
export class RunColumn {
  readonly #counts = new Column()
  readonly #values = new Column()
  /** The run that may still grow. */
  #count = 0
  #value = 0

  /** Number of runs. */
  get runs(): number {
    return this.#counts.length + (this.#count > 0 ? 1 : 0)
  }

  /** Adds `count` times the same unsigned 32-bit value. */
  add(value: number, count = 1): void {
    if (count === 0) return
    if (value !== this.#value || this.#count === 0) {
      this.#close()
      this.#value = value
    }
    this.#count += count
  }

  /** All runs in order. */
  *entries(): Generator<readonly [count: number, value: number], void, undefined> {
    const values = this.#values.values()
    for (const count of this.#counts.values()) yield [count, values.next().value!]
    if (this.#count > 0) yield [this.#count, this.#value]
  }

  #close(): void {
    if (this.#count === 0) return
    this.#counts.add(this.#count)
    this.#values.add(this.#value)
    this.#count = 0
  }
}

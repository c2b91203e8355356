/**
 * A list whose objects are used again: filled anew, it makes one only where it grows. Between {@link Reused.begin} and
 * {@link Reused.end} the old ones after the first {@link Reused.count} are still in it.
 */
export class Reused<T> {
  /** The objects in use, once the list is complete. */
  readonly items: T[] = []
  /** How many are in use. */
  count = 0
  readonly #make: () => T

  /** @param make - makes an object, to be filled by the caller */
  constructor(make: () => T) {
    this.#make = make
  }

  /** Starts again with an empty list. */
  begin(): void {
    this.count = 0
  }

  /** The next object; what it had is still in it. */
  next(): T {
    const { items } = this
    const index = this.count++
    if (index === items.length) items.push(this.#make())
    return items[index]!
  }

  /** The list is complete: forgets the objects that it no longer needs. */
  end(): void {
    const { items, count } = this
    if (items.length > count) items.length = count
  }
}

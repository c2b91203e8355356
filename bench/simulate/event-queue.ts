interface Event {
  readonly time: number
  readonly order: number
  readonly run: () => void
}

/** Simulated time, and what happens in it. Events of the same time run in the order in which they were added. */
export class EventQueue {
  /** A binary heap: no event is earlier than its parent, at half its index. */
  readonly #heap: Event[] = []
  #added = 0
  #now = 0

  /** In seconds. */
  get now(): number {
    return this.#now
  }

  /** Adds an event. Its time must not lie in the past. */
  at(time: number, run: () => void): void {
    if (!(time >= this.#now)) throw new RangeError(`An event at ${time} s, but it is ${this.#now} s`)
    const event = { time, order: this.#added++, run }
    let index = this.#heap.push(event) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(event, this.#heap[parent]!)) break
      this.#heap[index] = this.#heap[parent]!
      index = parent
    }
    this.#heap[index] = event
  }

  /** Runs events until none is left, or `isOver` says so. */
  run(isOver: () => boolean = () => false): void {
    while (!isOver()) {
      const event = this.#take()
      if (event === undefined) return
      this.#now = event.time
      event.run()
    }
  }

  #take(): Event | undefined {
    const [first] = this.#heap
    const last = this.#heap.pop()
    if (last === undefined || first === last) return last
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      const right = this.#heap[child + 1]
      if (right !== undefined && isBefore(right, this.#heap[child]!)) child++
      const next = this.#heap[child]
      if (next === undefined || !isBefore(next, last)) break
      this.#heap[index] = next
      index = child
    }
    this.#heap[index] = last
    return first
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order)
}

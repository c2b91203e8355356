import type { EventQueue } from './event-queue.js'

/** Something that answers requests in order of arrival, at most so many a second: a prefix of a bucket, a queue. */
export class RateLimit {
  #free = 0
  #answered = 0

  constructor(
    private readonly events: EventQueue,
    readonly perSecond: number,
  ) {}

  /** Requests so far. */
  get answered(): number {
    return this.#answered
  }

  /** Adds requests, and returns the time at which the last of them is answered. */
  add(requests: number): number {
    this.#answered += requests
    this.#free = Math.max(this.#free, this.events.now) + requests / this.perSecond
    return this.#free
  }
}

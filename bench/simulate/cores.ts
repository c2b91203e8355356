import type { EventQueue } from './event-queue.js'

/** A task on a machine. */
export interface Task {
  /** Takes it off the machine, and returns the CPU seconds it has had. */
  stop(): number
}

interface Running {
  readonly seconds: number
  left: number
  readonly onEnd: () => void
}

/** Less than any measured time: what is left of a task by rounding. */
const NOTHING = 1e-9

/**
 * The cores of a machine, shared by its tasks: each has as many as it can use, or, if there are not enough of them, an
 * equal share.
 */
export class Cores {
  readonly #running = new Set<Running>()
  #since = 0
  /** Outdated ends are ignored. */
  #version = 0

  constructor(
    private readonly events: EventQueue,
    private readonly count: number,
    /** The most cores that one task uses. */
    private readonly perTask = 1,
  ) {}

  /** Starts a task of so many CPU seconds. */
  work(seconds: number, onEnd: () => void): Task {
    const task: Running = { seconds, left: seconds, onEnd }
    this.#advance()
    this.#running.add(task)
    this.#plan()
    return {
      stop: () => {
        this.#advance()
        this.#running.delete(task)
        this.#plan()
        return task.seconds - task.left
      },
    }
  }

  get #rate(): number {
    return Math.min(this.perTask, this.count / this.#running.size)
  }

  #advance(): void {
    const done = (this.events.now - this.#since) * this.#rate
    this.#since = this.events.now
    for (const task of this.#running) task.left = Math.max(0, task.left - done)
  }

  #plan(): void {
    const version = ++this.#version
    if (this.#running.size === 0) return
    const least = Math.min(...[...this.#running].map(({ left }) => left))
    this.events.at(this.events.now + least / this.#rate, () => {
      if (version !== this.#version) return
      this.#advance()
      const ended = [...this.#running].filter(({ left }) => left <= NOTHING)
      for (const task of ended) this.#running.delete(task)
      this.#plan()
      for (const { onEnd } of ended) onEnd()
    })
  }
}

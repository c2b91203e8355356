import { opendirSync } from 'node:fs'
import { isOutOfDescriptors, outOfDescriptors } from './out-of-descriptors.js'

/** The interval between two checks, in milliseconds. */
const INTERVAL = 500
/** This many checks in a row must find no progress and no free descriptor: some 10 s. */
const LOOKS = 20

/** Settings and callbacks of a {@link DescriptorWatch}. */
export interface DescriptorWatchOptions {
  /** A number that changes while the task makes progress. */
  readonly progress: () => number
  /** Called at most once. */
  readonly onExhausted: (error: Error) => void
  /** Opens and closes a descriptor to see whether one is available. Default: opens a directory. */
  readonly look?: () => void
}

/**
 * Detects that a server can't accept a connection because this process has run out of file descriptors.
 *
 * Nothing else would report it: libuv keeps one descriptor in reserve, with which it accepts the connection and
 * closes it at once, and Node emits nothing (seen on Node 20, 24 and 26). The client retries forever. So while
 * there is no progress, this checks whether a descriptor is available; the task fails only after 10 s without
 * one.
 */
export class DescriptorWatch {
  readonly #options: DescriptorWatchOptions
  readonly #timer: NodeJS.Timeout
  #seen: number
  #failures = 0

  constructor(options: DescriptorWatchOptions) {
    this.#options = options
    this.#seen = options.progress()
    this.#timer = setInterval(() => this.#tick(), INTERVAL)
  }

  /** Stops watching. */
  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    const { progress, look = openNothing, onExhausted } = this.#options
    const now = progress()
    if (now !== this.#seen) this.#failures = 0
    this.#seen = now
    try {
      look()
      this.#failures = 0
    } catch (error) {
      this.#failures = isOutOfDescriptors(error) ? this.#failures + 1 : 0
      if (this.#failures !== LOOKS) return
      this.stop()
      onExhausted(outOfDescriptors("Can't accept ffmpeg's next connection", error))
    }
  }
}

/** Synchronous, because the thread pool may be busy: a late answer is no reason to fail. */
function openNothing(): void {
  opendirSync('/').closeSync()
}

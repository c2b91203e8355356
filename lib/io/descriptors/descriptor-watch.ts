import { opendirSync } from 'node:fs'
import { isOutOfDescriptors, outOfDescriptors } from './out-of-descriptors.js'

/** The time between two looks, in milliseconds. */
const INTERVAL = 500
/** So many looks in a row have to find nothing moving and no descriptor: some 10 s. */
const LOOKS = 20

/** What a {@link DescriptorWatch} watches, and whom it tells. */
export interface DescriptorWatchOptions {
  /** A number that changes as long as the task gets on. */
  readonly progress: () => number
  /** Called once, at most. */
  readonly onExhausted: (error: Error) => void
  /** Opens a descriptor to see whether there is one, and closes it. Default: a folder. */
  readonly look?: () => void
}

/**
 * Notices that a server can't take a connection because this process has no file descriptor left.
 *
 * Nothing else would tell: libuv keeps one descriptor in reserve, with which it accepts the connection and closes it at
 * once, and Node says nothing of it (seen on Node 20, 24 and 26). The client tries again and again. So while nothing
 * moves it is looked whether a descriptor can be had; only where none could for 10 s on end, the task is given up.
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

  /** Nobody needs to know any more. */
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
      onExhausted(outOfDescriptors("The next connection of ffmpeg can't be accepted", error))
    }
  }
}

/** Not by the thread pool, which may be busy: an answer that is late is no reason to give up. */
function openNothing(): void {
  opendirSync('/').closeSync()
}

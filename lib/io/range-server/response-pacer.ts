import { performance } from 'node:perf_hooks'
import { sleep } from '../async/sleep.js'
import { KiB, MiB } from '../../options.js'

/** What a client may leave unread from the beginning. */
const FIRST = 256 * KiB
/** For each byte that it has read, it may leave so much more unread. */
const SHARE = 1 / 4
/** Once so much was read, nothing is held back: the kernel's own limit, about 4 MiB, is as good as ours. */
const FREE = 16 * MiB
/** A client that was held back is sent more when it has read down to this part of what it may leave unread. */
const RESUME = 1 / 2
/** Where it can't be seen what was read, the bytes that may have been sent double in this time, in milliseconds. */
const DOUBLING = 50
/** The wait before the very first look, in milliseconds: a client that jumps again and again is gone by then. */
const FIRST_WAIT = 4
/** The wait between two looks at a client that is held back, in milliseconds: the first, and the longest. */
const SECOND_WAIT = 12
const LONGEST_WAIT = 250

/** How many bytes a client that has read `consumed` may leave unread. */
export function allowance(consumed: number): number {
  return consumed >= FREE ? Infinity : FIRST + SHARE * consumed
}

/** How many bytes may have been sent `elapsed` milliseconds after the first, where it can't be seen what was read. */
export function ramp(elapsed: number): number {
  const allowed = FIRST * 2 ** (elapsed / DOUBLING)
  return allowed >= FREE ? Infinity : allowed
}

/**
 * The wait before the look number `looks` (from 0) at a client that is held back, in milliseconds. One that was held
 * back before and has read on since is looked at without delay.
 */
export function pollDelay(looks: number, hasRead: boolean): number {
  if (looks > 0) return Math.min(SECOND_WAIT * 2 ** (looks - 1), LONGEST_WAIT)
  return hasRead ? 0 : FIRST_WAIT
}

/**
 * Holds back the answer to one request to what its client really reads.
 *
 * Between two processes on one machine the kernel takes about 4 MiB that nobody has read, so a client that looks at a
 * few KiB and jumps would have made us fetch megabytes for nothing, at every jump. ffmpeg's own `-recv_buffer_size`
 * does not help: it reaches the socket, but it is the sender's buffer that takes the most (3.5 MB are left of 3.9).
 * So a client may leave unread 256 KiB and a quarter of what it has read. Above that it is looked at from time to
 * time, at growing intervals, and held back until it has read down to half of its allowance.
 */
export class ResponsePacer {
  readonly #unread: () => Promise<number | undefined>
  readonly #began = performance.now()
  #sent = 0
  /** What it had read when it was last looked at. */
  #consumed = 0
  #isBlind = false

  /** @param unread - how many bytes that were sent the client has not read yet; `undefined` where that can't be seen */
  constructor(unread: () => Promise<number | undefined>) {
    this.#unread = unread
  }

  /** Says that `bytes` were sent. */
  sent(bytes: number): void {
    this.#sent += bytes
  }

  /** Whether `bytes` more may be sent at once. */
  allows(bytes: number): boolean {
    const sent = this.#sent + bytes
    return this.#isBlind ? sent <= ramp(performance.now() - this.#began) : this.#backlog(bytes) <= 1
  }

  /** Waits until `bytes` more may be sent. Rejects with an `AbortError` where `signal` is aborted. */
  async ready(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.allows(bytes)) return
    for (let looks = 0; ; looks++) {
      await sleep(this.#isBlind ? FIRST_WAIT : pollDelay(looks, this.#consumed > 0), signal)
      if (!this.#isBlind) await this.#look()
      if (this.#isBlind ? this.allows(bytes) : this.#backlog(0) <= RESUME) return
    }
  }

  async #look(): Promise<void> {
    const sent = this.#sent
    const unread = await this.#unread()
    if (unread === undefined) this.#isBlind = true
    else this.#consumed = Math.max(this.#consumed, sent - unread)
  }

  /** What would be unread with `bytes` more, as a part of what may be. */
  #backlog(bytes: number): number {
    return (this.#sent + bytes - this.#consumed) / allowance(this.#consumed)
  }
}

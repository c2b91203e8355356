import { performance } from 'node:perf_hooks'
import { sleep } from '../async/sleep.js'
import { KiB, MiB } from '../../options.js'
import { BLOCK_SIZE } from '../memory/block-pool.js'

/** Bytes a client may leave unread at first. */
const FIRST = 256 * KiB
/** How much more it may leave unread for each byte it has read. */
const SHARE = 1 / 4
/**
 * After this many bytes read, nothing is held back: the kernel's own limit, about 4 MiB, is as good as ours.
 */
const FREE = 16 * MiB
/** Most bytes written at a time to a client that is watched: the granularity of the pacing. */
const PIECE = 64 * KiB
/** And otherwise: a write costs steps of JavaScript and a system call, however long it is. */
const FREE_PIECE = BLOCK_SIZE
/** A client that was held back gets more once its unread bytes are down to this fraction of its allowance. */
const RESUME = 1 / 2
/**
 * If reading can't be observed, the number of bytes that may have been sent doubles in this time, in
 * milliseconds.
 */
const DOUBLING = 50
/**
 * The wait before the very first check, and before bytes that need none, in milliseconds: a client that seeks
 * repeatedly is gone by then.
 */
const FIRST_WAIT = 4
/** The wait between two checks of a client that is held back, in milliseconds: the first and the longest. */
const SECOND_WAIT = 12
const LONGEST_WAIT = 250

/** How many bytes a client that has read `consumed` may leave unread. */
export function allowance(consumed: number): number {
  return consumed >= FREE ? Infinity : FIRST + SHARE * consumed
}

/** How many bytes may be sent within `elapsed` milliseconds after the first, if reading can't be observed. */
export function ramp(elapsed: number): number {
  const allowed = FIRST * 2 ** (elapsed / DOUBLING)
  return allowed >= FREE ? Infinity : allowed
}

/**
 * The wait before check number `looks` (from 0) of a client that is held back, in milliseconds. A client that
 * was held back before and has read since is checked without delay.
 */
export function pollDelay(looks: number, hasRead: boolean): number {
  if (looks > 0) return Math.min(SECOND_WAIT * 2 ** (looks - 1), LONGEST_WAIT)
  return hasRead ? 0 : FIRST_WAIT
}

/**
 * Limits the response to one request to the rate at which its client really reads.
 *
 * Between two processes on one machine the kernel buffers about 4 MiB, so a client that reads a few KiB and
 * seeks would have made us fetch megabytes for nothing, at every seek. ffmpeg's own `-recv_buffer_size` does
 * not help: it reaches the socket, but the sender's buffer is the larger one (3.5 MB of 3.9 remain). So a
 * client may leave unread 256 KiB plus a quarter of what it has read. Above that it is checked at growing
 * intervals, and held back until its unread bytes are down to half of its allowance.
 *
 * A check decides whether more is fetched from the source, and it isn't free: Linux walks its whole table of sockets,
 * which takes longer than to send a MiB. So bytes that are fetched in any case, the rest of a block of the cache, are
 * sent without one, to a client that is still there after the first wait. It may then leave unread one block more.
 */
export class ResponsePacer {
  readonly #unread: () => Promise<number | undefined>
  readonly #began = performance.now()
  #sent = 0
  /** Bytes read as of the last check. */
  #consumed = 0
  /** Whether the client was still there after a wait. */
  #hasStayed = false
  #isBlind = false
  /** Reading can't be observed, and nothing is held back any more. */
  #isFree = false

  /**
   * @param unread - the number of sent bytes the client has not read yet; `undefined` if that can't be observed
   */
  constructor(unread: () => Promise<number | undefined>) {
    this.#unread = unread
  }

  /** Records that `bytes` were sent. */
  sent(bytes: number): void {
    this.#sent += bytes
  }

  /**
   * Most bytes to write at a time, whatever the source's chunks.
   *
   * @param isPrepaid - whether they are fetched in any case
   */
  pieceSize(isPrepaid: boolean): number {
    return this.#letsPass(isPrepaid) || allowance(this.#consumed) === Infinity ? FREE_PIECE : PIECE
  }

  /**
   * Whether `bytes` more may be sent at once.
   *
   * @param isPrepaid - whether they are fetched in any case
   */
  allows(bytes: number, isPrepaid = false): boolean {
    if (this.#letsPass(isPrepaid)) return true
    if (!this.#isBlind) return this.#backlog(bytes) <= 1
    const allowed = ramp(performance.now() - this.#began)
    this.#isFree = allowed === Infinity
    return this.#sent + bytes <= allowed
  }

  /** Waits until `bytes` more may be sent. Rejects with an `AbortError` where `signal` is aborted. */
  async ready(bytes: number, signal: AbortSignal, isPrepaid = false): Promise<void> {
    if (this.allows(bytes, isPrepaid)) return
    for (let looks = 0; ; looks++) {
      await sleep(this.#isBlind ? FIRST_WAIT : pollDelay(looks, this.#consumed > 0), signal)
      this.#hasStayed = true
      if (isPrepaid) return
      if (!this.#isBlind) await this.#look()
      if (this.#isBlind ? this.allows(bytes) : this.#backlog(0) <= RESUME) return
    }
  }

  /** Whether any number of bytes may be sent. */
  #letsPass(isPrepaid: boolean): boolean {
    return this.#isFree || (isPrepaid && this.#hasStayed)
  }

  async #look(): Promise<void> {
    const sent = this.#sent
    const unread = await this.#unread()
    if (unread === undefined) this.#isBlind = true
    else this.#consumed = Math.max(this.#consumed, sent - unread)
  }

  /** The unread bytes, with `bytes` more, as a fraction of the allowance. */
  #backlog(bytes: number): number {
    return (this.#sent + bytes - this.#consumed) / allowance(this.#consumed)
  }
}

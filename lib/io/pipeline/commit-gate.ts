import { AvioError } from '../../errors.js'
import type { CommitHook } from './commit-hook.js'

/** The side of the sink that offers to wait: who asked it to, and whether they have let it go on. */
export class CommitGate {
  readonly #opens: (() => Promise<void>)[] = []

  /** The offer, for the sink to show under `COMMIT`. */
  offer(result: Promise<unknown>, target: string): CommitHook {
    return { hold: open => void this.#opens.push(open), result, target }
  }

  /**
   * Asks everyone who holds the commit, and resolves when all of them let go. Rejects with the first reason not to;
   * where that is no error, with `AVIO_ERR_COMMIT_REFUSED`.
   *
   * @param target - what is not stored then, for that error
   */
  async opened(target: string): Promise<void> {
    try {
      await Promise.all(this.#opens.map(async open => open()))
    } catch (cause) {
      if (cause instanceof Error) throw cause
      const message = `${target} was not stored: who held its commit said no`
      throw new AvioError('AVIO_ERR_COMMIT_REFUSED', message, { cause })
    }
  }
}

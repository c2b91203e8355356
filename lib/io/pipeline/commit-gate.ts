import { AvioError, isError } from '../../errors.js'
import type { CommitHook } from './commit-hook.js'

/** The sink's side of a {@link CommitHook}: who holds the commit, and whether they have released it. */
export class CommitGate {
  readonly #opens: (() => Promise<void>)[] = []

  /** The hook, for the sink to offer under `COMMIT`. */
  offer(result: Promise<unknown>, target: string, visible?: Promise<unknown>): CommitHook {
    const hold = (open: () => Promise<void>) => void this.#opens.push(open)
    return { hold, result, target, ...(visible && { visible }) }
  }

  /**
   * Asks every holder of the commit, and resolves when all have released it. Rejects with the first refusal; if
   * that is not an error, with `AVIO_ERR_COMMIT_REFUSED`.
   *
   * @param target - the output that is then not stored, for the error
   */
  async opened(target: string): Promise<void> {
    try {
      await Promise.all(this.#opens.map(async open => open()))
    } catch (cause) {
      if (isError(cause)) throw cause
      const message = `${target} was not stored: a holder of its commit refused it`
      throw new AvioError('AVIO_ERR_COMMIT_REFUSED', message, { cause })
    }
  }
}

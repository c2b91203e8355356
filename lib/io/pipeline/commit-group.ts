import { CommitError } from '../../errors.js'
import type { CommitHook } from './commit-hook.js'

/**
 * Commits several sinks together: all of them, or none.
 *
 * Each waits when it has stored everything and its own check has passed. Only when all of them wait, they commit, one
 * after the other: should one be refused even then, those behind it are still nowhere to be seen, and only those before
 * it are. S3 has no transaction that could take these back; a {@link CommitError} lists them.
 */
export class CommitGroup {
  readonly #members: readonly CommitHook[]
  readonly #turns: readonly Turn[]
  #waiting = 0
  #failure: { readonly error: unknown } | undefined

  /**
   * @param members - the sinks, none of which has ended, in the order in which they are to be committed; several that
   * are committed as one (renditions of one packager offer the same) count once
   */
  constructor(members: readonly CommitHook[]) {
    this.#members = [...new Set(members)]
    this.#turns = this.#members.map(() => new Turn())
    for (const [n, member] of this.#members.entries()) {
      member.hold(() => this.#arrive(n))
      // It failed before it came to wait: nothing may be committed any more.
      member.result.catch((error: unknown) => this.fail(error))
    }
  }

  /**
   * Settles when everything is over, with what each sink's `result` gave, by sink.
   *
   * @throws the first error, where nothing was committed
   * @throws {@link CommitError} `AVIO_ERR_COMMIT_PARTIAL`, where something was
   */
  async settled(): Promise<ReadonlyMap<CommitHook, unknown>> {
    const settled = await Promise.allSettled(this.#members.map(({ result }) => result))
    const targets = (status: string) =>
      this.#members.filter((_, n) => settled[n]!.status === status).map(({ target }) => target)
    const values = settled.flatMap((one, n) =>
      one.status === 'fulfilled' ? [[this.#members[n]!, one.value] as const] : [],
    )
    if (values.length === settled.length) return new Map(values)
    const error = this.#failure!.error
    const committed = targets('fulfilled')
    if (committed.length === 0) throw error
    throw partial(committed, targets('rejected'), error)
  }

  /** Nothing is to be committed that is not committed already. The first reason counts. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    for (const turn of this.#turns) turn.refuse(error)
  }

  #arrive(n: number): Promise<void> {
    if (++this.#waiting === this.#members.length) void this.#commitAll()
    return this.#turns[n]!.come
  }

  async #commitAll(): Promise<void> {
    for (const [n, { result }] of this.#members.entries()) {
      this.#turns[n]!.allow()
      try {
        await result
      } catch {
        // Its listener in the constructor has refused the rest.
        return
      }
    }
  }
}

/** When a member may commit. */
class Turn {
  readonly come: Promise<void>
  allow!: () => void
  refuse!: (reason: unknown) => void

  constructor() {
    this.come = new Promise((resolve, reject) => {
      this.allow = resolve
      this.refuse = reject
    })
    // A member that is destroyed while it waits does not look any more.
    this.come.catch(() => undefined)
  }
}

function partial(committed: readonly string[], failed: readonly string[], cause: unknown): CommitError {
  const said = cause instanceof Error ? `: ${cause.message.replace(/\.$/, '')}` : ''
  return new CommitError(
    `Of ${committed.length + failed.length} outputs that belong together ${committed.join(', ')} ` +
      `${committed.length === 1 ? 'is' : 'are'} visible, and ${failed.join(', ')} ${failed.length === 1 ? 'is' : 'are'} not${said}. ` +
      'S3 has no transaction: delete what is visible, or make the rest again.',
    { committed, failed },
    { cause },
  )
}

import { CommitError, isError } from '../../errors.js'
import { knownOptions, optionError, optionsObject } from '../../options.js'
import type { CommitHook } from './commit-hook.js'

/** Options of {@link CommitGroup}. */
export interface CommitGroupOptions {
  /**
   * The sinks' commits, in commit order, before any of the sinks has ended. Several sinks with one commit (renditions
   * of one packager offer the same hook) count once.
   */
  members: readonly CommitHook[]
}

/**
 * Commits several sinks together: all or none.
 *
 * Each sink waits once it has stored everything and its own check has passed. When all of them wait, they
 * commit one after the other: if one is refused even then, those after it stay invisible, and only those before
 * it are visible. S3 has no transaction to undo these; a {@link CommitError} lists them.
 */
export class CommitGroup {
  readonly #members: readonly CommitHook[]
  readonly #turns: readonly Turn[]
  #waiting = 0
  /** The first failure, and the number of the member whose it is. */
  #failure: { readonly error: unknown; readonly by?: number | undefined } | undefined

  /** @throws {@link OptionError} for an option that breaks its rule */
  constructor(options: CommitGroupOptions) {
    knownOptions(optionsObject(options, 'CommitGroup', 'members'), 'CommitGroup', ['members'])
    if (!Array.isArray(options.members))
      throw optionError('members', 'an array of commit hooks', options.members)
    this.#members = [...new Set(options.members)]
    this.#turns = this.#members.map(() => new Turn())
    for (const [n, member] of this.#members.entries()) {
      member.hold(() => this.#arrive(n))
      // It failed before it was ready to commit: nothing may be committed any more.
      member.result.catch((error: unknown) => this.#fail(error, n))
    }
  }

  /**
   * Settles when everything is over, with the `result` of each sink, by sink.
   *
   * @throws the first error, if nothing was committed
   * @throws {@link CommitError} `AVIO_ERR_COMMIT_PARTIAL`, if something was
   */
  async settled(): Promise<ReadonlyMap<CommitHook, unknown>> {
    const settled = await Promise.allSettled(this.#members.map(({ result }) => result))
    const values = settled.flatMap((one, n) =>
      one.status === 'fulfilled' ? [[this.#members[n]!, one.value] as const] : [],
    )
    if (values.length === settled.length) return new Map(values)
    const { error, by } = this.#failure!
    const fulfilled = this.#members
      .filter((_, n) => settled[n]!.status === 'fulfilled')
      .map(({ target }) => target)
    if (fulfilled.length === 0) throw error
    // A member of several objects may have committed some of them.
    const inner = error instanceof CommitError ? error : undefined
    const failed = this.#members.flatMap(({ target }, n) => {
      if (settled[n]!.status === 'fulfilled') return []
      return n === by && inner ? inner.failed : [target]
    })
    throw partial([...fulfilled, ...(inner?.committed ?? [])], failed, error)
  }

  /** Prevents all further commits. The first reason counts. */
  fail(error: unknown): void {
    this.#fail(error)
  }

  #fail(error: unknown, by?: number): void {
    this.#failure ??= { error, by }
    for (const turn of this.#turns) turn.refuse(error)
  }

  #arrive(n: number): Promise<void> {
    if (++this.#waiting === this.#members.length) void this.#commitAll()
    return this.#turns[n]!.come
  }

  async #commitAll(): Promise<void> {
    for (const [n, { result, visible = result }] of this.#members.entries()) {
      this.#turns[n]!.allow()
      try {
        await Promise.race([visible, result])
      } catch {
        // Its listener in the constructor has refused the others.
        return
      }
    }
  }
}

/** Tells a member when it may commit. */
class Turn {
  readonly come: Promise<void>
  allow!: () => void
  refuse!: (reason: unknown) => void

  constructor() {
    this.come = new Promise((resolve, reject) => {
      this.allow = resolve
      this.refuse = reject
    })
    // A member that is destroyed while it waits no longer looks.
    this.come.catch(() => undefined)
  }
}

function partial(committed: readonly string[], failed: readonly string[], cause: unknown): CommitError {
  const said = isError(cause) ? `: ${cause.message.replace(/\.$/, '')}` : ''
  const is = (names: readonly string[]) => `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'}`
  return new CommitError(
    `Only some of ${committed.length + failed.length} outputs were committed: ${is(committed)} visible, ` +
      `and ${is(failed)} not${said}. ` +
      'S3 has no transaction: delete the visible outputs, or create the others again.',
    { committed, failed },
    { cause },
  )
}

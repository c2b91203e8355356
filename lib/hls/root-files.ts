import { CommitError, HlsError } from '../errors.js'
import { CommitRefusal } from '../s3/commit/commit-refusal.js'
import type { StoredObjects } from './storage/stored-objects.js'

/**
 * The multivariant playlist and the manifest: the names by which a presentation is found, and so the last that are
 * stored. Once one of them is to be seen, or may be, everything that it names has to stay.
 */
export class RootFiles {
  readonly #objects: StoredObjects
  readonly #ifNoneMatch: '*' | undefined
  readonly #stored = new Set<string>()
  /** Names whose last request may have been carried out. */
  readonly #uncertain = new Set<string>()

  /** @param ifNoneMatch - files are stored for the first time only if nothing exists under their names */
  constructor(objects: StoredObjects, ifNoneMatch?: '*') {
    this.#objects = objects
    this.#ifNoneMatch = ifNoneMatch
  }

  /** Somebody may have seen one of them. */
  get mayBeVisible(): boolean {
    return this.#stored.size + this.#uncertain.size > 0
  }

  /**
   * Stores files one after the other.
   *
   * @throws {@link HlsError} `AVIO_ERR_HLS_STORE_FAILED`; the storage's own reason if it stores only what nobody has
   *   changed, or only where nothing exists; {@link CommitError} `AVIO_ERR_COMMIT_PARTIAL` where one is stored for
   *   the first time, and the next is not
   */
  async putAll(files: readonly { readonly name: string; readonly text: string }[]): Promise<void> {
    const before = this.#stored.size
    for (const [n, { name, text }] of files.entries()) {
      try {
        await this.#put(name, text)
      } catch (cause) {
        const refusal = refusalOf(cause)
        // If a newer run has won since the first file, nothing that is visible is of this one.
        if (refusal !== undefined && (n === 0 || refusal.refused === 'overtaken')) throw refusal.reason
        if (n === 0 && isExisting(cause)) throw (cause as Error).cause
        if (before > 0 || n === 0) throw cause
        const fields = {
          committed: files.slice(0, n).map(file => file.name),
          failed: files.slice(n).map(file => file.name),
        }
        const message =
          `"${fields.committed.join('", "')}" is published and "${fields.failed.join('", "')}" is not: ` +
          `${(cause as Error).message}. The objects of this run and of the one before it stay. Package again`
        throw new CommitError(message, fields, { cause })
      }
    }
  }

  async #put(name: string, text: string): Promise<void> {
    this.#uncertain.add(name)
    try {
      const ifNoneMatch = this.#stored.has(name) ? undefined : this.#ifNoneMatch
      await this.#objects.put(name, [Buffer.from(text)], { cache: 'playlists', isRoot: true, ifNoneMatch })
    } catch (error) {
      if (isTaken(error) || !(await this.#isThere(name, text))) {
        if (hadNoEffect(error)) this.#uncertain.delete(name)
        throw error
      }
    }
    this.#uncertain.delete(name)
    this.#stored.add(name)
  }

  /** Whether a file is there whose request failed: its answer was lost. Each names its run, so no other is the same. */
  async #isThere(name: string, text: string): Promise<boolean> {
    try {
      const bytes = await this.#objects.read?.(name, Buffer.byteLength(text))
      return bytes !== undefined && Buffer.from(text).equals(bytes)
    } catch {
      return false
    }
  }
}

/** Why a storage did not store a file, if something newer is there. */
function refusalOf(error: unknown): CommitRefusal | undefined {
  const { cause } = error as Error
  return cause instanceof CommitRefusal ? cause : undefined
}

/** Whether a storage did not store an object because something else is stored under its name. */
export function isTaken(error: unknown): boolean {
  return refusalOf(error) !== undefined || isExisting(error)
}

/** How a storage refuses `ifNoneMatch`. */
const EXISTING = new Set<unknown>(['AVIO_ERR_PRECONDITION_FAILED', 'AVIO_ERR_FILE_EXISTS'])

/** Whether a storage did not store a file because something exists under its name. */
function isExisting(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown }
  return EXISTING.has(code)
}

/** A storage whose stream fails has stored nothing, unless it says itself that it does not know. */
function hadNoEffect(error: unknown): boolean {
  if (!(error instanceof HlsError)) return false
  const { code } = (error.cause ?? {}) as { code?: unknown }
  return code !== 'AVIO_ERR_OUTCOME_UNKNOWN'
}

import { finished } from 'node:stream/promises'
import { HlsError } from '../../errors.js'
import { type CommitHook, commitOf } from '../../io/pipeline/commit-hook.js'
import { mediaTypeOfName } from '../../io/media-types/media-types.js'
import type { SegmentStorage } from '../../hls/storage/segment-storage.js'
import { CommitRefusal } from '../../s3/commit/commit-refusal.js'

/** The number of objects stored or removed at the same time. */
const AT_ONCE = 8

/** The storage, and the most objects in it. */
export interface HeldSettings {
  /** One of the library's own, whose sinks report their commit. */
  readonly storage: SegmentStorage
  /** The location, for messages. */
  readonly target: string
  readonly cacheControl?: string | undefined
  /** For a storage without {@link HeldSettings.decision}: an object that exists is not replaced. */
  readonly ifNoneMatch?: '*' | undefined
  readonly maxObjects: number
  /** The object that decides between two jobs with the same objects: it is stored first. */
  readonly decision?: string | undefined
  /** Whether the stored objects are still this job's, and may be removed. @defaultValue always */
  readonly holds?: (() => Promise<boolean>) | undefined
}

/**
 * Keeps small objects (images, reports) in memory until the whole job commits, and stores them then: they become
 * visible together with the other outputs, or not at all.
 *
 * If one can't be stored, those stored before it are removed, unless a newer job has stored its own. Memory: all of
 * their bytes.
 */
export class HeldObjects {
  /** The commit of all of them, for a `CommitGroup`. */
  readonly hook: CommitHook
  readonly #settings: HeldSettings
  readonly #objects: { readonly name: string; readonly bytes: Uint8Array }[] = []
  /** What the group asks to wait for: nothing is stored before somebody holds the commit. */
  readonly #open: Promise<() => Promise<void>>
  #resolve!: () => void
  #reject!: (error: unknown) => void

  constructor(settings: HeldSettings) {
    this.#settings = settings
    let hold!: (open: () => Promise<void>) => void
    this.#open = new Promise(resolve => (hold = resolve))
    const result = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    result.catch(() => undefined)
    this.hook = { hold, result, target: settings.target }
  }

  /**
   * Adds an object.
   *
   * @throws `HlsError` `AVIO_ERR_LIMIT_OBJECTS` for one too many
   */
  add(name: string, bytes: Uint8Array): void {
    const { maxObjects, target } = this.#settings
    if (this.#objects.push({ name, bytes }) <= maxObjects) return
    throw new HlsError(
      'AVIO_ERR_LIMIT_OBJECTS',
      `${target} would get more than ${maxObjects} objects (limits.maxObjects). Nothing was stored. Raise the limit, ` +
        'or request fewer images.',
      { object: name },
    )
  }

  /** Gives up: stores nothing. */
  fail(error: unknown): void {
    this.#reject(error)
  }

  /** Call it after adding the last one: waits for the commit, and stores all. Settles `hook.result`. */
  async end(): Promise<void> {
    const stored: string[] = []
    try {
      const open = await this.#open
      await open()
      await this.#storeAll(stored)
      this.#resolve()
    } catch (error) {
      await this.#removeAll(stored).catch(() => undefined)
      this.#reject(error instanceof CommitRefusal ? error.reason : error)
    }
  }

  /** @param stored - receives the names of the visible objects */
  async #storeAll(stored: string[]): Promise<void> {
    const { decision } = this.#settings
    const first = this.#objects.find(({ name }) => name === decision)
    if (first !== undefined) {
      await this.#put(first.name, first.bytes)
      stored.push(first.name)
    }
    const left = this.#objects.filter(object => object !== first)
    const store = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        await this.#put(next.name, next.bytes)
        stored.push(next.name)
      }
    }
    const untilFailure = () =>
      store().catch((error: unknown) => {
        left.length = 0
        throw error
      })
    const settled = await Promise.allSettled(Array.from({ length: AT_ONCE }, untilFailure))
    const failed = settled.find(one => one.status === 'rejected')
    if (failed) throw failed.reason
  }

  async #removeAll(stored: readonly string[]): Promise<void> {
    const { storage, decision, holds } = this.#settings
    if (stored.length === 0 || (await holds?.()) === false) return
    // As long as the one that decides is there, the others are not a newer job's.
    const others = stored.filter(name => name !== decision)
    await Promise.allSettled(others.map(async name => storage.delete?.(name)))
    if (others.length < stored.length) await storage.delete?.(decision!)
  }

  async #put(name: string, bytes: Uint8Array): Promise<void> {
    const { storage, cacheControl, ifNoneMatch } = this.#settings
    const contentType = mediaTypeOfName(name) ?? 'application/octet-stream'
    const sink = storage.open(name, { contentType, cacheControl, ifNoneMatch })
    // Its result tells, after the clean-up.
    sink.on('error', () => undefined)
    sink.end(bytes)
    await (commitOf(sink)?.result ?? finished(sink))
  }
}

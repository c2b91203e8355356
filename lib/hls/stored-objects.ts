import { ObjectWriter, storeFailed } from './object-writer.js'
import { type SegmentStorage, contentTypeOf } from './storage.js'

/** `Cache-Control` headers of what is stored. */
export interface CacheControl {
  /** Of media and initialization segments. */
  readonly segments: string | undefined
  /** Of playlists and manifests. */
  readonly playlists: string | undefined
}

/** What is told of an object. */
export interface ObjectKind {
  readonly cache: keyof CacheControl
  /** What is in an MP4. Default `video`. */
  readonly media?: 'video' | 'audio'
  /** Whether it may be of any length. */
  readonly large?: boolean
}

/** How many objects are removed at a time. */
const REMOVED_AT_ONCE = 16
/** How many objects that could not be removed are tried again; where none can be, older ones are given up. */
const MOST_LEFT_BEHIND = 100

/** The objects that one packaging stores: what is under way, and what there is to remove where it fails. */
export class StoredObjects {
  readonly #storage: SegmentStorage
  readonly #cacheControl: CacheControl
  readonly #remembers: boolean
  readonly #names = new Set<string>()
  readonly #open = new Set<ObjectWriter>()
  #leftBehind: readonly string[] = []
  #abortedBy: Error | undefined

  /**
   * @param storage - where they go
   * @param options - `cacheControl`; `remembers`: whether names are kept, for {@link removeAll}
   */
  constructor(storage: SegmentStorage, options: { cacheControl: CacheControl; remembers: boolean }) {
    this.#storage = storage
    this.#cacheControl = options.cacheControl
    this.#remembers = options.remembers
  }

  /** Stores an object whole. */
  async put(name: string, chunks: readonly Buffer[], kind: ObjectKind): Promise<void> {
    const writer = this.open(name, kind)
    await writer.write(chunks)
    await writer.end()
  }

  /** Opens an object that is written piece by piece. */
  open(name: string, { cache, media, large }: ObjectKind): ObjectWriter {
    if (this.#abortedBy) throw this.#abortedBy
    const cacheControl = this.#cacheControl[cache]
    const info = {
      contentType: contentTypeOf(name, media),
      ...(cacheControl === undefined ? {} : { cacheControl }),
      ...(large === undefined ? {} : { large }),
    }
    if (this.#remembers) {
      // Last in is first out, also where a name is written again.
      this.#names.delete(name)
      this.#names.add(name)
    }
    const writer = new ObjectWriter(name, this.#opened(name, info))
    this.#open.add(writer)
    void writer.over().then(() => this.#open.delete(writer))
    return writer
  }

  /** Gives up whatever is under way, and takes no more. */
  abort(error: Error): void {
    this.#abortedBy ??= error
    for (const writer of this.#open) writer.abort(error)
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.#open].map(writer => writer.over()))
  }

  /**
   * Removes what nobody asks for any more, together with what could not be removed the last time: no reason to end a
   * live stream. Resolves with what is still there.
   */
  async removeOld(names: readonly string[]): Promise<readonly string[]> {
    const old = [...this.#leftBehind, ...names]
    const removals = await Promise.allSettled(old.map(name => this.#remove(name)))
    this.#leftBehind = old.filter((_name, n) => removals[n]!.status === 'rejected').slice(-MOST_LEFT_BEHIND)
    return this.#leftBehind
  }

  /**
   * Removes all that was stored, the last first, so that no playlist outlives what it lists. All are tried; the first
   * failure is thrown at the end.
   */
  async removeAll(): Promise<void> {
    await this.settled()
    const names = [...this.#names].reverse()
    const failures: unknown[] = []
    for (let at = 0; at < names.length; at += REMOVED_AT_ONCE) {
      const removals = names.slice(at, at + REMOVED_AT_ONCE).map(name => this.#remove(name))
      for (const removal of await Promise.allSettled(removals)) {
        if (removal.status === 'rejected') failures.push(removal.reason)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  async #remove(name: string): Promise<void> {
    try {
      await this.#storage.delete?.(name)
    } catch (cause) {
      throw storeFailed(name, cause, 'removed')
    }
  }

  #opened(...[name, info]: Parameters<SegmentStorage['open']>): ReturnType<SegmentStorage['open']> {
    try {
      return this.#storage.open(name, info)
    } catch (cause) {
      throw storeFailed(name, cause)
    }
  }
}

import { randomUUID } from 'node:crypto'
import { AvioError, HlsError } from '../../errors.js'
import { untilAborted } from '../../io/async/abort-error.js'
import { boundedCall } from '../../io/async/bounded-wait.js'
import { CleanUpWatch } from '../../io/async/clean-up-watch.js'
import type { CacheControl } from './cache-control.js'
import { CommittingStorage, type PackageNumbers } from './committing-storage.js'
import { DirectoryStorage } from './directory-storage.js'
import { ObjectWriter, storeFailed } from './object-writer.js'
import { S3Storage } from './s3-storage.js'
import { type SegmentStorage, contentTypeOf } from './segment-storage.js'

/** Properties of an object. */
export interface ObjectKind {
  readonly cache: keyof CacheControl
  /** The content of an MP4. Default `video`. */
  readonly media?: 'video' | 'audio'
  /** Whether it may have any length. */
  readonly large?: boolean
  /** Whether it has a fixed name, under which an older object may exist: it is never removed. */
  readonly isRoot?: boolean
  /** Stored only if nothing exists under the name. */
  readonly ifNoneMatch?: '*' | undefined
}

/**
 * How long a user's storage may take to close an aborted object, to remove one, and to read one, in milliseconds. A
 * storage that never answers must not block the result forever; anything it stores after that stays.
 */
export const STORAGE_GRACE = 10_000
/** Maximum number of concurrent removals. */
const REMOVED_AT_ONCE = 16
/** Maximum number of objects whose removal is retried; beyond it the oldest are abandoned. */
const MOST_LEFT_BEHIND = 100

/** The objects stored by one packaging: operations under way, and the objects to remove on failure. */
export class StoredObjects {
  readonly #storage: SegmentStorage
  readonly #cacheControl: CacheControl
  readonly #maxObjects: number
  /** Objects to remove on failure, as long as no player may have seen them. */
  #names: Set<string> | undefined = new Set()
  /** Number of stored segments, initialization segments and images. */
  #count = 0
  readonly #open = new Set<ObjectWriter>()
  #leftBehind: readonly string[] = []
  #abortedBy: Error | undefined
  /** Grace period for operations that can't be aborted. Our own storages limit these themselves. */
  readonly #grace: number
  /** A removal timed out: further ones are requested, but not awaited. */
  #isDeaf = false
  /** The claim to the run's name. */
  #claim: { readonly name: string; readonly text: string; readonly over: Promise<void> } | undefined

  /**
   * @param storage - the destination
   * @param options - `cacheControl`; `maxObjects`: how many segments and the like there may be at a time
   */
  constructor(storage: SegmentStorage, options: { cacheControl: CacheControl; maxObjects: number }) {
    this.#storage = storage
    this.#grace =
      storage instanceof S3Storage || storage instanceof DirectoryStorage ? Infinity : STORAGE_GRACE
    this.#cacheControl = options.cacheControl
    this.#maxObjects = options.maxObjects
  }

  /** Stores a complete object. */
  async put(name: string, chunks: readonly Buffer[], kind: ObjectKind): Promise<void> {
    const writer = this.open(name, kind)
    await writer.write(chunks)
    await writer.end()
  }

  /**
   * Counts media that are stored already, as those that it stores.
   *
   * @throws `HlsError` `AVIO_ERR_LIMIT_OBJECTS` for one too many
   */
  countStored(names: readonly string[]): void {
    for (const name of names) this.#countOne(name)
  }

  /** Opens an object that is written piece by piece. */
  open(name: string, { cache, media, large, isRoot = false, ifNoneMatch }: ObjectKind): ObjectWriter {
    if (this.#abortedBy) throw this.#abortedBy
    if (cache === 'segments') this.#countOne(name)
    const cacheControl = this.#cacheControl[cache]
    const info = {
      contentType: contentTypeOf(name, media),
      ...(cacheControl === undefined ? {} : { cacheControl }),
      ...(large === undefined ? {} : { large }),
      ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    }
    if (!isRoot) {
      // Last in, first out, also if a name is written again.
      this.#names?.delete(name)
      this.#names?.add(name)
    }
    const writer = new ObjectWriter(name, this.#opened(name, info), this.#grace)
    this.#open.add(writer)
    void writer.over().then(() => this.#open.delete(writer))
    return writer
  }

  /**
   * Claims the name of a run: stores an object that nobody else may have stored. Without a way to remove it, does
   * nothing.
   *
   * @throws {@link HlsError} `AVIO_ERR_HLS_STORE_FAILED`, whose cause tells if another run has it
   */
  async claim(name: string): Promise<void> {
    if (this.#storage.delete === undefined) return
    // No two runs have equal bytes.
    const text = JSON.stringify({ claim: randomUUID(), since: new Date().toISOString() })
    const over = this.#stored(name, text)
    over.catch(() => undefined)
    this.#claim = { name, text, over }
    await over
  }

  async #stored(name: string, text: string): Promise<void> {
    if (this.#abortedBy) throw this.#abortedBy
    const storage = this.#storage
    if (!(storage instanceof CommittingStorage)) {
      await this.put(name, [Buffer.from(text)], { cache: 'playlists', isRoot: true, ifNoneMatch: '*' })
      return
    }
    try {
      await storage.claim(name, Buffer.from(text))
    } catch (cause) {
      throw storeFailed(name, cause)
    }
  }

  /** Whether nobody else has claimed the run, as far as the storage can tell. */
  async #isOurs(): Promise<boolean> {
    if (this.#claim === undefined) return true
    const { name, text, over } = this.#claim
    const isSure = await over.then(
      () => true,
      () => false,
    )
    try {
      if (this.#storage instanceof CommittingStorage) return await this.#storage.holds(name)
      const bytes = await this.read?.(name, text.length)
      return bytes === undefined ? isSure : Buffer.from(text).equals(bytes)
    } catch {
      return isSure
    }
  }

  /**
   * Gives up the claim to a run, if there is one. Ends early if the store does not answer, and sooner after an abort.
   * Resolves with its name if it may be left.
   */
  async release(signal?: AbortSignal): Promise<readonly string[]> {
    const name = this.#claim?.name
    if (name === undefined) return []
    const watch = new CleanUpWatch(signal)
    try {
      if (!(await untilAborted(this.#isOurs(), watch.signal, () => undefined))) return []
    } catch {
      return [name]
    } finally {
      watch.stop()
    }
    this.#claim = undefined
    return await this.removeOthers([name], signal)
  }

  /** Tells a storage that marks the root files what they describe, before the first is stored. */
  describe(numbers: PackageNumbers): void {
    if (this.#storage instanceof CommittingStorage) this.#storage.describe(numbers)
  }

  /** Reads an object of the storage, if the storage supports it; see {@link SegmentStorage.read}. */
  get read(): SegmentStorage['read'] {
    if (this.#storage.read === undefined) return undefined
    return (name, maxSize) => this.#answer(() => this.#storage.read!(name, maxSize), this.#grace)
  }

  /** Rejects if the storage has an object under the name and can tell: see {@link SegmentStorage.checkAbsent}. */
  async checkAbsent(name: string): Promise<void> {
    await this.#answer(() => this.#storage.checkAbsent?.(name), this.#grace)
  }

  /** Aborts everything under way, and rejects new objects. */
  abort(error: Error): void {
    this.#abortedBy ??= error
    for (const writer of this.#open) writer.abort(error)
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.all([...this.#open].map(writer => writer.over()))
  }

  /**
   * Removes obsolete objects, and retries earlier failed removals; a failure does not end a live stream. Resolves with
   * the objects that are still there.
   */
  async removeOld(names: readonly string[]): Promise<readonly string[]> {
    const old = [...this.#leftBehind, ...names]
    const failures = await this.#removeEach(old)
    const left = old.filter(name => failures.has(name))
    this.#count -= old.length - left.length
    this.#leftBehind = left.slice(-MOST_LEFT_BEHIND)
    return this.#leftBehind
  }

  /**
   * Removes objects of another packaging, once this one is published: a failure changes nothing. Ends early if the
   * store fails or does not answer, and sooner after an abort. Resolves with those that may be left.
   */
  async removeOthers(names: readonly string[], signal?: AbortSignal): Promise<string[]> {
    const left = new Set(names)
    const watch = new CleanUpWatch(signal)
    const outages: unknown[] = []
    const remove = async (name: string) => {
      try {
        await this.#delete(name, watch.signal)
        left.delete(name)
        watch.alive()
      } catch (error) {
        if (watch.signal.aborted || (error instanceof AvioError && error.retryable)) outages.push(error)
      }
    }
    for (let at = 0; at < names.length && outages.length === 0; at += REMOVED_AT_ONCE)
      await Promise.all(names.slice(at, at + REMOVED_AT_ONCE).map(remove))
    watch.stop()
    return [...left]
  }

  /** Marks the stored objects as possibly seen by players: from now on none of them is removed. */
  keep(): void {
    this.#names = undefined
  }

  /**
   * Removes all stored objects, the last first, so that no playlist outlives its segments. Tries all of them, then
   * throws the first failure. If the claim to the run is lost, they are left to whoever has it now.
   */
  async removeAll(): Promise<void> {
    await this.settled()
    if (!(await this.#isOurs())) return
    const [failure] = (await this.#removeEach([...(this.#names ?? [])].reverse())).values()
    if (failure !== undefined) throw failure
  }

  #countOne(object: string): void {
    if (++this.#count <= this.#maxObjects) return
    throw new HlsError(
      'AVIO_ERR_LIMIT_OBJECTS',
      `"${object}" is one object more than limits.maxObjects allows (${this.#maxObjects}). Raise it for media that ` +
        'you trust; longer segments (targetDuration) or layout: "byterange" need fewer objects',
      { object },
    )
  }

  /** Removes all objects, some at a time; returns the errors of those that failed. */
  async #removeEach(names: readonly string[]): Promise<Map<string, Error>> {
    const failures = new Map<string, Error>()
    for (let at = 0; at < names.length; at += REMOVED_AT_ONCE) {
      const some = names.slice(at, at + REMOVED_AT_ONCE)
      await Promise.all(
        some.map(name => this.#remove(name).catch((e: unknown) => failures.set(name, e as Error))),
      )
    }
    return failures
  }

  async #remove(name: string): Promise<void> {
    try {
      await this.#delete(name)
      this.#names?.delete(name)
    } catch (cause) {
      throw storeFailed(name, cause, 'removed')
    }
  }

  async #delete(name: string, signal?: AbortSignal): Promise<void> {
    const grace = this.#isDeaf ? 0 : this.#grace
    await this.#answer(
      () => this.#storage.delete?.(name, signal),
      grace,
      () => (this.#isDeaf = true),
    )
  }

  /** The answer of the storage, with a time limit. It takes no signal. */
  async #answer<T>(call: () => Promise<T> | T, grace: number, onDeaf?: () => void): Promise<T> {
    if (this.#grace === Infinity) return call()
    const unheard = AbortSignal.abort()
    try {
      return await boundedCall(call, unheard, grace)
    } catch (error) {
      if (error !== unheard.reason) throw error
      onDeaf?.()
      throw new Error(`the storage has not answered for ${this.#grace} ms`)
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

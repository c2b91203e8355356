import { HlsError } from '../../errors.js'
import { boundedCall } from '../../io/async/bounded-wait.js'
import { DirectoryStorage } from './directory-storage.js'
import { ObjectWriter, storeFailed } from './object-writer.js'
import { S3Storage } from './s3-storage.js'
import { type SegmentStorage, contentTypeOf } from './segment-storage.js'

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
  /** It is found by a name of its own, under which an older one may lie: it is never removed. */
  readonly isRoot?: boolean
}

/**
 * How long a storage of the user's may take to close an object that was given up, to remove one, and to read one, in
 * milliseconds. One that never answers must not hold the result for ever; what it stores after that stays.
 */
export const STORAGE_GRACE = 10_000
/** How many objects are removed at a time. */
const REMOVED_AT_ONCE = 16
/** How many objects that could not be removed are tried again; where none can be, older ones are given up. */
const MOST_LEFT_BEHIND = 100

/** The objects that one packaging stores: what is under way, and what there is to remove where it fails. */
export class StoredObjects {
  readonly #storage: SegmentStorage
  readonly #cacheControl: CacheControl
  readonly #maxObjects: number
  /** What there is to remove, as long as nobody may have seen it. */
  #names: Set<string> | undefined = new Set()
  /** How many segments, initialization segments and images are stored. */
  #count = 0
  readonly #open = new Set<ObjectWriter>()
  #leftBehind: readonly string[] = []
  #abortedBy: Error | undefined
  /** How long the storage may take for what nobody can abort. Ours see to that themselves. */
  readonly #grace: number
  /** A removal was not answered in time: others are asked for, and not waited for. */
  #isDeaf = false

  /**
   * @param storage - where they go
   * @param options - `cacheControl`; `maxObjects`: how many segments and the like there may be at a time
   */
  constructor(storage: SegmentStorage, options: { cacheControl: CacheControl; maxObjects: number }) {
    this.#storage = storage
    this.#grace =
      storage instanceof S3Storage || storage instanceof DirectoryStorage ? Infinity : STORAGE_GRACE
    this.#cacheControl = options.cacheControl
    this.#maxObjects = options.maxObjects
  }

  /** Stores an object whole. */
  async put(name: string, chunks: readonly Buffer[], kind: ObjectKind): Promise<void> {
    const writer = this.open(name, kind)
    await writer.write(chunks)
    await writer.end()
  }

  /** Opens an object that is written piece by piece. */
  open(name: string, { cache, media, large, isRoot = false }: ObjectKind): ObjectWriter {
    if (this.#abortedBy) throw this.#abortedBy
    if (cache === 'segments') this.#countOne(name)
    const cacheControl = this.#cacheControl[cache]
    const info = {
      contentType: contentTypeOf(name, media),
      ...(cacheControl === undefined ? {} : { cacheControl }),
      ...(large === undefined ? {} : { large }),
    }
    if (!isRoot) {
      // Last in is first out, also where a name is written again.
      this.#names?.delete(name)
      this.#names?.add(name)
    }
    const writer = new ObjectWriter(name, this.#opened(name, info), this.#grace)
    this.#open.add(writer)
    void writer.over().then(() => this.#open.delete(writer))
    return writer
  }

  /** Reads an object of the storage, as far as it can be read; see {@link SegmentStorage.read}. */
  get read(): SegmentStorage['read'] {
    if (this.#storage.read === undefined) return undefined
    return (name, maxSize) => this.#answer(() => this.#storage.read!(name, maxSize), this.#grace)
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
    const failures = await this.#removeEach(old)
    const left = old.filter(name => failures.has(name))
    this.#count -= old.length - left.length
    this.#leftBehind = left.slice(-MOST_LEFT_BEHIND)
    return this.#leftBehind
  }

  /** Removes objects of another packaging; resolves with those that could not be removed. */
  async removeOthers(names: readonly string[]): Promise<string[]> {
    return [...(await this.#removeEach(names)).keys()]
  }

  /** Somebody may have seen what was stored: from now on nothing of it is removed. */
  keep(): void {
    this.#names = undefined
  }

  /**
   * Removes all that was stored, the last first, so that no playlist outlives what it lists. All are tried; the first
   * failure is thrown at the end.
   */
  async removeAll(): Promise<void> {
    await this.settled()
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

  /** Some at a time, all of them; gives the errors of those that failed. */
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

  async #delete(name: string): Promise<void> {
    const grace = this.#isDeaf ? 0 : this.#grace
    await this.#answer(
      () => this.#storage.delete?.(name),
      grace,
      () => (this.#isDeaf = true),
    )
  }

  /** What the storage answers, in time. There is no signal that it could heed. */
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

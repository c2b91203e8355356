import type { S3Client } from '@aws-sdk/client-s3'
import { S3Error } from '../../errors.js'
import { MiB } from '../../options.js'
import { CommitRefusal } from './commit-refusal.js'
import { type ObjectState, headObject } from './head-object.js'
import type { S3Location } from '../request/s3-location.js'
import { S3MultipartWritable } from '../s3-multipart-writable.js'
import type { UploadRequest } from '../upload/upload-request-option.js'

/** An object that may be replaced. */
export interface Replaced {
  readonly etag: string
  /**
   * Its mark; `null` if it had none. Two sets may have an object with equal bytes, and so with one ETag: then the marks
   * tell them apart. @defaultValue not compared
   */
  readonly mark?: string | null
}

/** Which objects, and what they may replace. */
export interface CommitSetOptions {
  readonly client: S3Client
  readonly bucket: string
  /** What precedes all names. */
  readonly prefix: string
  /** The name of the object that decides. */
  readonly decision: string
  /**
   * What was under the names when the work began; `undefined` if there was no object. A name that is not in it is
   * replaced whatever it has: the decision because nobody could look, others because the decision stands for them.
   */
  readonly replaces: ReadonlyMap<string, Replaced | undefined>
  /** The metadata by which an object is known as one of this set. */
  readonly mark: { readonly name: string; readonly value: string }
  /** Further metadata of all objects. */
  readonly metadata?: Readonly<Record<string, string>>
  /** The name of metadata that all such sets carry: a set that has won may replace what another has stored. */
  readonly kind: string
  /**
   * Whether an object may be replaced that was not there when the work began. With it, nothing else is replaced either:
   * a name that is not in `replaces` has to have no object, or one like this.
   * @defaultValue any may, of those that such sets have stored; under a name that is not in `replaces`, any at all
   */
  readonly mayReplace?: ((found: ObjectState) => boolean) | undefined
  /**
   * Whether an object is one of another attempt at the same work: this set may take over its claims.
   * @defaultValue there is no other attempt
   */
  readonly isOfSameWork?: ((found: ObjectState) => boolean) | undefined
  /**
   * Makes the bytes of an object unlike those of any other set, and so its ETag.
   * @defaultValue bytes are stored as they are: those of the caller name the run
   */
  readonly distinct?: ((bytes: Uint8Array) => Uint8Array) | undefined
  /** Makes the error for a key that has changed since the work began. */
  readonly changed: (
    location: S3Location,
    replaces: string | undefined,
    found: ObjectState | undefined,
  ) => Error
}

/** Properties of a stored object. */
export interface CommitAs {
  readonly contentType: string
  readonly cacheControl?: string | undefined
  readonly request?: UploadRequest | undefined
}

/** `hidden`: the credentials do not permit to look. */
type Seen = ObjectState | undefined | 'hidden'

/** An object as it will be sent, under a condition. */
type Send = (condition: { readonly ifNoneMatch?: '*'; readonly ifMatch?: string }) => Promise<void>

/** One request, up to a size that no playlist and no image has. */
const SIZES = { partSize: 64 * MiB, concurrency: 1 }
/** How often a key may change while this set has won: each change is another set that is late. */
const ROUNDS = 10

/**
 * Objects with fixed keys that belong together, in a store that replaces one at a time.
 *
 * One of them decides: it is stored first, and only if its key has what it had when the work began (`If-None-Match`,
 * `If-Match`). Of several sets, exactly one wins. The winner then stores the others. Two sets may both be at that: an
 * older one that stopped after it had won, and a newer one that has replaced its decision. So each of the others is
 * stored under the condition of what was seen there *before* the decision was seen to be this set's own:
 *
 * - The newer one finds the older one's object, or a 412 if that comes in between; then it looks again, and replaces
 *   it.
 * - The older one finds that the decision is no longer its own, or gets a 412; then it stops.
 *
 * Whatever the order, the objects of the last winner remain.
 *
 * This takes ETags that differ between any two sets: `distinct` sees to it that bytes do. Where they may be equal (a
 * report that comes out the same), a newer object with the bytes of the one to replace looks like that one, except by
 * its mark, which is compared before the first request; in the window between both, the older set wins.
 *
 * Stores that ignore conditions: the keys are compared before the first request, which leaves a short window. Stores
 * that refuse `If-Match` even for the right ETag (Ceph 16): if the key still has that ETag after the refusal, the
 * object is stored without a condition, which leaves the same window.
 */
export class CommitSet {
  readonly #options: CommitSetOptions
  #metadata: Readonly<Record<string, string>>
  #decided: Pick<ObjectState, 'etag' | 'versionId'> | undefined

  constructor(options: CommitSetOptions) {
    const { mark, metadata } = options
    this.#options = options
    this.#metadata = { ...metadata, [mark.name]: mark.value }
  }

  /** The version of the object that decides, once this set has stored or found its own. */
  get decided(): Pick<ObjectState, 'etag' | 'versionId'> | undefined {
    return this.#decided
  }

  /** Adds metadata to the objects that are not stored yet. */
  describe(metadata: Readonly<Record<string, string>>): void {
    this.#metadata = { ...this.#metadata, ...metadata }
  }

  /**
   * Stores an object; the one that decides first.
   *
   * @throws {@link CommitRefusal} if something newer is there; `S3Error`, as of `S3MultipartWritable`
   */
  async put(name: string, bytes: Uint8Array, as: CommitAs): Promise<void> {
    const { decision, distinct } = this.#options
    const stored = distinct?.(bytes) ?? bytes
    const send: Send = condition => this.#send(name, stored, as, condition)
    await (name === decision ? this.#decide(send) : this.#follow(name, send))
  }

  /** Whether this set has won, and no newer one since; or whether it still has the claim of that name. */
  async holds(name = this.#options.decision): Promise<boolean> {
    const found = await this.#look(name)
    return found === 'hidden' || this.#isOwn(found)
  }

  /** Whether other attempts at the same work may take over its claims. */
  get isShared(): boolean {
    return this.#options.isOfSameWork !== undefined
  }

  /**
   * Stores an object, before all others and independent of them, by which this set alone may go on: only if there is
   * none, or that of another attempt at the same work.
   *
   * @throws {@link CommitRefusal} if another set has it; `S3Error`, as of `S3MultipartWritable`
   */
  async claim(name: string, bytes: Uint8Array, as: CommitAs): Promise<void> {
    const send: Send = condition => this.#send(name, bytes, as, condition)
    const found = await this.#look(name)
    if (found !== 'hidden' && this.#isOwn(found)) return
    const isOther = found !== 'hidden' && found !== undefined && this.#options.isOfSameWork?.(found) !== true
    if (isOther) throw new CommitRefusal('lost', this.#changed(name, undefined, found))
    const refused = await this.#replace(name, send, found === 'hidden' ? undefined : found?.etag)
    if (refused) throw new CommitRefusal('lost', this.#changed(name, undefined, refused.found))
  }

  async #decide(send: Send): Promise<void> {
    const { decision, replaces } = this.#options
    const names = [...new Set([decision, ...replaces.keys()])]
    const seen = await Promise.all(names.map(async name => [name, await this.#look(name)] as const))
    const [, own] = seen[0]!
    // The same work, done elsewhere.
    if (own !== 'hidden' && this.#isOwn(own)) {
      this.#decided = own
      return
    }
    for (const [name, found] of seen) {
      const then = replaces.get(name)
      if (!replaces.has(name) || found === 'hidden' || this.#isSame(found, then)) continue
      if (name !== decision && this.#yields(name, found)) continue
      throw new CommitRefusal('lost', this.#changed(name, then?.etag, found))
    }
    if (!replaces.has(decision)) {
      await send({})
      return
    }
    const then = replaces.get(decision)?.etag
    const refused = await this.#replace(decision, send, then)
    if (refused) throw new CommitRefusal('lost', this.#changed(decision, then, refused.found))
  }

  async #follow(name: string, send: Send): Promise<void> {
    const { decision, replaces, mayReplace } = this.#options
    let then = replaces.get(name)?.etag
    for (let round = 1; ; round++) {
      const now = await this.#look(decision)
      if (now !== 'hidden' && !this.#isOwn(now))
        throw new CommitRefusal('overtaken', this.#changed(decision, replaces.get(decision)?.etag, now))
      // Where nobody may look, nobody can know what to replace.
      if (now === 'hidden' && !replaces.has(name) && mayReplace === undefined) {
        await send({})
        return
      }
      const refused = await this.#replace(name, send, then)
      if (refused === undefined) return
      const { found } = refused
      const isForeign = found === 'hidden' || !this.#yields(name, found)
      if (isForeign || round === ROUNDS) throw new CommitRefusal('foreign', this.#changed(name, then, found))
      then = found?.etag
    }
  }

  /** Stores an object in place of another; returns what is there instead, if that is not it. */
  async #replace(name: string, send: Send, etag: string | undefined): Promise<{ found: Seen } | undefined> {
    try {
      await send(etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: etag })
      return undefined
    } catch (error) {
      // Not a 409, which says that another write is under way.
      const isRefused =
        error instanceof S3Error &&
        error.code === 'AVIO_ERR_PRECONDITION_FAILED' &&
        (error.statusCode === 412 || error.statusCode === 404)
      if (!isRefused) throw error
      const found = await this.#look(name)
      if (found === 'hidden') return { found }
      if (this.#isOwn(found)) {
        if (name === this.#options.decision) this.#decided = found
        return undefined
      }
      if (etag === undefined || found?.etag !== etag) return { found }
      await send({})
      return undefined
    }
  }

  async #send(
    name: string,
    bytes: Uint8Array,
    { contentType, cacheControl, request }: CommitAs,
    { ifNoneMatch, ifMatch }: Parameters<Send>[0],
  ): Promise<void> {
    const { client } = this.#options
    const sink = new S3MultipartWritable({
      ...{ client, ...this.#locationOf(name), contentType, metadata: this.#metadata, ifNoneMatch, ...SIZES },
      request: {
        ...request,
        ...(ifMatch !== undefined && { IfMatch: ifMatch }),
        ...(cacheControl !== undefined && { CacheControl: cacheControl }),
      },
    })
    // Its result tells.
    sink.on('error', () => undefined)
    sink.end(bytes)
    const { etag, versionId } = await sink.result
    if (name === this.#options.decision) this.#decided = { etag, versionId }
  }

  async #look(name: string): Promise<Seen> {
    try {
      return await headObject(this.#options.client, this.#locationOf(name))
    } catch (error) {
      if (error instanceof S3Error && error.code === 'AVIO_ERR_ACCESS_DENIED') return 'hidden'
      throw error
    }
  }

  #isOwn(found: ObjectState | undefined): boolean {
    const { name, value } = this.#options.mark
    return found?.metadata[name] === value
  }

  #isSame(found: ObjectState | undefined, then: Replaced | undefined): boolean {
    if (found === undefined || then === undefined) return found === then
    const mark = found.metadata[this.#options.mark.name] ?? null
    return found.etag === then.etag && (then.mark === undefined || then.mark === mark)
  }

  /**
   * Whether an object that was not there when the work began may be replaced, or nothing is there. The one that decides
   * says which set that may be.
   */
  #yields(name: string, found: ObjectState | undefined): boolean {
    if (found === undefined) return true
    const { mayReplace, replaces, kind } = this.#options
    return mayReplace ? mayReplace(found) : !replaces.has(name) || kind in found.metadata
  }

  #changed(name: string, replaces: string | undefined, found: Seen): Error {
    return this.#options.changed(this.#locationOf(name), replaces, found === 'hidden' ? undefined : found)
  }

  #locationOf(name: string): S3Location {
    const { bucket, prefix } = this.#options
    return { bucket, key: prefix + name }
  }
}

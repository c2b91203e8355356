import type { Writable } from 'node:stream'
import { S3Storage } from '../../hls/storage/s3-storage.js'
import type { StoredObjectInfo } from '../../hls/storage/segment-storage.js'
import { S3MultipartWritable } from '../../s3/s3-multipart-writable.js'
import { packageRequest } from './package-storage.js'
import type { PlannedPackage, SplitPlan } from './split-plan.js'
import {
  AlreadyThere,
  PACKAGE_METADATA,
  PLAN_METADATA,
  type PackageNumbers,
  type SplitResult,
  resultOf,
  resultUnderKey,
  targetChanged,
} from './target-state.js'
import type { WorkStore } from './work-store.js'

/**
 * The storage of a package whose manifest and multivariant playlist are stored only if nothing under their keys has
 * changed since the plan was made. Both carry the plan's hash.
 */
export class CommitStorage extends S3Storage {
  readonly #plan: SplitPlan
  readonly #output: PlannedPackage
  readonly #store: WorkStore
  readonly #metadata: Record<string, string>
  readonly #replaces: ReadonlyMap<string, string | undefined>
  #playlist: S3MultipartWritable | undefined

  private constructor(
    plan: SplitPlan,
    output: PlannedPackage,
    numbers: PackageNumbers,
    store: WorkStore,
    replaces: ReadonlyMap<string, string | undefined>,
  ) {
    const { bucket, prefix } = output
    super({ client: store.client, bucket, prefix, request: packageRequest(output) })
    this.#plan = plan
    this.#output = output
    this.#store = store
    this.#metadata = { [PLAN_METADATA]: plan.hash, [PACKAGE_METADATA]: JSON.stringify(numbers) }
    this.#replaces = replaces
  }

  /**
   * Looks at the manifest, and returns the storage.
   *
   * @throws `PlanError` `AVIO_ERR_PLAN_TARGET_CHANGED`
   */
  static async open(
    plan: SplitPlan,
    output: PlannedPackage,
    numbers: PackageNumbers,
    store: WorkStore,
  ): Promise<CommitStorage> {
    const replaces = new Map([[output.playlist, output.replaces]])
    if (output.mpd !== undefined) replaces.set(output.mpd, await manifestToReplace(plan, output, store))
    return new CommitStorage(plan, output, numbers, store, replaces)
  }

  override open(name: string, info: StoredObjectInfo): Writable {
    if (!this.#replaces.has(name)) return super.open(name, info)
    const { bucket, prefix, playlist } = this.#output
    const replaces = this.#replaces.get(name)
    const { contentType, cacheControl } = info
    const sink = new S3MultipartWritable({
      ...{ client: this.#store.client, bucket, key: prefix + name, contentType, metadata: this.#metadata },
      ...(replaces === undefined && { ifNoneMatch: '*' as const }),
      request: {
        ...packageRequest(this.#output),
        ...(replaces !== undefined && { IfMatch: replaces }),
        ...(cacheControl !== undefined && { CacheControl: cacheControl }),
      },
      // Check again right before the commit, for stores that ignore conditions.
      beforeCommit: async () => {
        if ((await resultUnderKey(this.#plan, this.#store)) !== undefined) throw new AlreadyThere()
      },
    })
    if (name === playlist) this.#playlist = sink
    return sink
  }

  /** The result, if this storage has stored the playlist; `undefined` if another run of the plan has. */
  async committed(): Promise<SplitResult | undefined> {
    try {
      const { etag, versionId, bytes: size } = await this.#playlist!.result
      return resultOf(this.#plan, { etag, versionId, size, metadata: this.#metadata })
    } catch {
      return undefined
    }
  }
}

/**
 * The ETag of the manifest to replace: the planned one, or that of an earlier attempt of this plan.
 *
 * @throws `PlanError` `AVIO_ERR_PLAN_TARGET_CHANGED` for one of a newer package
 */
export async function manifestToReplace(
  plan: SplitPlan,
  { bucket, prefix, mpd, replacesMpd }: PlannedPackage,
  store: WorkStore,
): Promise<string | undefined> {
  if (mpd === undefined) return undefined
  const location = { bucket, key: prefix + mpd }
  const found = await store.head(location)
  if (found?.etag === replacesMpd || found?.metadata[PLAN_METADATA] === plan.hash) return found?.etag
  throw targetChanged(plan, location, replacesMpd, found)
}

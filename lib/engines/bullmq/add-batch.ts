import { checkContent } from '../../job/check-content.js'
import { checkReferences } from '../../job/check-job.js'
import type { Job } from '../../job/schema/job.js'
import { invalidJob } from '../../job/schema/job-errors.js'
import { parseJob } from '../../job/schema/parse-job.js'
import { functionOption, signalOption } from '../../options.js'
import { BatchJobs } from '../batch/batch-jobs.js'
import { type BatchObject, type BatchSource, batchObjects } from '../batch/batch-objects.js'
import { checkTemplate, fillTemplate, placesOf, templateValues } from '../batch/fill-template.js'
import { refuseSecrets } from '../steps/refuse-secrets.js'
import { type StoredError, storedError } from '../steps/stored-error.js'
import { type AddJobOptions, type AddJobSettings, addJobSettings } from './add-options.js'
import { type OpenQueue, withQueue } from './open-queue.js'
import { type IdentifiedJob, putJobs } from './put-jobs.js'

/** Options of `addBatch`. */
export interface AddBatchOptions extends AddJobOptions {
  /** Whether to add a job for an address. @defaultValue for all */
  filter?: ((url: string) => boolean) | undefined
  /** Called after each group of up to 250 objects with the numbers so far. @defaultValue none */
  onProgress?: ((progress: BatchCounts) => void) | undefined
  /** Stops adding with an `AbortError`; jobs already added stay. @defaultValue none */
  signal?: AbortSignal | undefined
}

/** Numbers of the jobs of a batch. */
export interface BatchCounts {
  /** Jobs new in the queue. */
  readonly added: number
  /** Jobs already in the queue: waiting, running or done. */
  readonly known: number
  /** Jobs that had failed, and are tried again. */
  readonly retried: number
  /** Objects whose jobs could not be added. */
  readonly refused: number
}

/** The result of `addBatch`. */
export interface AddedBatch extends BatchCounts {
  /** The first 100 objects that could not be added, and why. */
  readonly refusals: readonly { readonly url: string; readonly error: StoredError }[]
}

const AT_ONCE = 250
const HEADS_AT_ONCE = 16
const MOST_REFUSALS = 100

/**
 * Adds a job for each object below a prefix, or for each of a list of addresses. Adding the batch again adds only what
 * is missing: jobs for new and changed objects, and jobs that failed.
 *
 * The template is a job whose strings may contain `{url}`, `{bucket}`, `{key}`, `{dir}` (`2026/`), `{file}`
 * (`talk.mov`), `{name}` (`talk`) and `{ending}` (`mov`) of the object. Its first input is the object, unless its
 * inputs name it themselves.
 *
 * Memory: 250 objects, and some 200 bytes for every object of the batch.
 *
 * @param source - `s3://bucket/prefix/`, or an iterable of addresses (`s3://bucket/key`, or URLs that `allow` of the
 *   workers permits)
 * @example
 * ```ts
 * await addBatch('s3://masters/2026/', template, { connection: 'redis://localhost', client })
 * ```
 * @throws `OptionError`; `JobError` `AVIO_ERR_JOB_INVALID`, `AVIO_ERR_JOB_REFUSED` for a template that is wrong for
 * every object; `QueueError` `AVIO_ERR_QUEUE_UNREACHABLE`, `AVIO_ERR_QUEUE_PEER_MISSING`; `S3Error` if the prefix can't
 * be listed. An object whose job can't be added, for example because it does not exist, stops nothing: it is listed in
 * `refusals`
 */
export async function addBatch(
  source: BatchSource,
  template: Job,
  options: AddBatchOptions,
): Promise<AddedBatch> {
  const settings = addJobSettings(options, 'addBatch', ['filter', 'onProgress', 'signal'])
  const signal = signalOption(options)
  const filter = functionOption<(url: string) => boolean>(options, 'filter')
  const onProgress = functionOption<(progress: BatchCounts) => void>(options, 'onProgress')
  const parsed = checkedTemplate(template, source, filter !== undefined)
  const jobs = new BatchJobs(parsed, { client: settings.client, signal })
  const batch = new Batch(jobs, settings)
  const listing = new Listing(batchObjects(source, { client: settings.client, signal, atOnce: AT_ONCE }))
  const added = withQueue(settings, async open => {
    for await (const group of listing.groups()) {
      await batch.add(open, filter ? group.filter(({ url }) => filter(url)) : group)
      onProgress?.(batch.counts)
      signal?.throwIfAborted()
    }
    return { ...batch.counts, refusals: batch.refusals }
  })
  return await added.catch((error: unknown) => {
    throw listing.failure?.error ?? error
  })
}

/** The objects, and why they could not be listed: a list of the user's may come from a database like the queue's. */
class Listing {
  readonly #groups: AsyncIterable<BatchObject[]>
  failure: { readonly error: unknown } | undefined

  constructor(groups: AsyncIterable<BatchObject[]>) {
    this.#groups = groups
  }

  async *groups(): AsyncGenerator<BatchObject[]> {
    try {
      yield* this.#groups
    } catch (error) {
      this.failure = { error }
      throw error
    }
  }
}

/** Checks a template by the job for a made-up object. */
function checkedTemplate(template: Job, source: BatchSource, isFiltered: boolean): Job {
  const parsed = parseJob(template)
  checkTemplate(parsed)
  const prefix = typeof source === 'string' ? source : 's3://bucket/'
  const example = fillTemplate(parsed, templateValues(`${prefix}example`))
  checkReferences(example)
  refuseSecrets(example)
  checkContent(example)
  if (typeof source !== 'string' || isFiltered) return parsed
  const inside = placesOf(example).findIndex(place => place.startsWith(source))
  if (inside < 0) return parsed
  throw invalidJob(
    `outputs[${inside}]`,
    `is below ${source}, so that outputs would be taken for objects of the batch: store them elsewhere, or give a ` +
      '"filter"',
  )
}

/** Adds groups, and counts. */
class Batch {
  readonly refusals: { url: string; error: StoredError }[] = []
  readonly #jobs: BatchJobs
  readonly #settings: AddJobSettings
  readonly #counts = { added: 0, known: 0, retried: 0, refused: 0 }

  constructor(jobs: BatchJobs, settings: AddJobSettings) {
    this.#jobs = jobs
    this.#settings = settings
  }

  get counts(): BatchCounts {
    return { ...this.#counts }
  }

  async add(open: OpenQueue, objects: readonly BatchObject[]): Promise<void> {
    const jobs: IdentifiedJob[] = []
    for (let at = 0; at < objects.length; at += HEADS_AT_ONCE) {
      const some = objects.slice(at, at + HEADS_AT_ONCE)
      const made = await Promise.all(some.map(object => this.#job(object)))
      jobs.push(...made.filter(job => job !== undefined))
    }
    for (const put of await putJobs(open, jobs, this.#settings.queued)) this.#counts[put]++
  }

  async #job(object: BatchObject): Promise<IdentifiedJob | undefined> {
    try {
      const identified = await this.#jobs.job(object)
      refuseSecrets(identified.job)
      return identified
    } catch (error) {
      this.#counts.refused++
      if (this.refusals.length < MOST_REFUSALS)
        this.refusals.push({ url: storedError(new Error(object.url)).message, error: storedError(error) })
      return undefined
    }
  }
}

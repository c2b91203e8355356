import { createHash } from 'node:crypto'
import type { S3Client } from '@aws-sdk/client-s3'
import type { Job, JobInput } from '../../job/schema/job.js'
import { invalidJob } from '../../job/schema/job-errors.js'
import { WorkStore } from '../../job/split/work-store.js'
import { identityOf, pinJob } from '../steps/job-identity.js'
import type { BatchObject } from './batch-objects.js'
import { fillTemplate, placesOf, templateValues } from './fill-template.js'

/** A job of a batch. */
export interface BatchJob {
  readonly id: string
  readonly job: Job
}

/** Inputs that all jobs share, such as a logo, are looked at once. */
const MOST_SHARED = 100

/** Makes the jobs of a batch. */
export class BatchJobs {
  readonly #template: Job
  readonly #store: WorkStore
  /** The places that jobs write to, each with its object, as short digests: the batch may have millions. */
  readonly #places = new Map<string, string>()
  readonly #shared = new Map<string, JobInput>()

  constructor(template: Job, { client, signal }: { client: S3Client; signal?: AbortSignal | undefined }) {
    this.#template = template
    this.#store = new WorkStore({ client, signal })
  }

  /**
   * The job for an object, with its inputs pinned.
   *
   * @throws `JobError` `AVIO_ERR_JOB_INVALID`, also if an earlier job of this batch writes to the same place; `S3Error`
   *   `AVIO_ERR_NO_SUCH_KEY`; the errors of a HEAD request
   */
  async job({ url, etag }: BatchObject): Promise<BatchJob> {
    const job = fillTemplate(this.#template, templateValues(url))
    this.#checkPlaces(job, digestOf(url))
    const inputs = job.inputs.map(input => {
      if (input.etag !== undefined) return input
      if (input.url === url && etag !== undefined && input.versionId === undefined) return { ...input, etag }
      return this.#shared.get(JSON.stringify(input)) ?? input
    })
    const pinned = await pinJob({ ...job, inputs }, this.#store)
    for (const [n, input] of pinned.inputs.entries()) {
      if (input.url === url || this.#shared.size >= MOST_SHARED) continue
      this.#shared.set(JSON.stringify(job.inputs[n]), input)
    }
    return { id: identityOf(pinned), job: pinned }
  }

  #checkPlaces(job: Job, object: string): void {
    for (const [n, place] of placesOf(job).entries()) {
      const digest = digestOf(place)
      const other = this.#places.get(digest)
      if (other !== undefined && other !== object) {
        const field = 'prefix' in job.outputs[n]! ? 'prefix' : 'url'
        throw invalidJob(
          `outputs[${n}].${field}`,
          `is ${place}, where another object of this batch is stored: use {key}, or {dir} and {file}`,
        )
      }
      this.#places.set(digest, object)
    }
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64').slice(0, 16)
}

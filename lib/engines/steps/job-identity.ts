import { hashOf, spelledFractions } from '../../job/grid/canonical-json.js'
import type { Job, JobInput } from '../../job/schema/job.js'
import { parseLocation } from '../../job/schema/location.js'
import type { WorkStore } from '../../job/split/work-store.js'
import { S3Error } from '../../errors.js'
import { type S3Location, formatS3Uri } from '../../s3/request/s3-location.js'

/**
 * Pins the inputs of a job in S3 to the versions they have now, so that every attempt on every machine reads the same
 * bytes.
 *
 * @throws `S3Error` `AVIO_ERR_NO_SUCH_KEY` for an input that does not exist; the errors of a HEAD request
 */
export async function pinJob(job: Job, store: WorkStore): Promise<Job> {
  const inputs = await Promise.all(job.inputs.map((input, n) => pinned(input, n, store)))
  return { ...job, inputs }
}

async function pinned(input: JobInput, n: number, store: WorkStore): Promise<JobInput> {
  const location = parseLocation(input.url)
  if (location?.kind !== 's3' || input.etag !== undefined) return input
  const found = await store.head(location, input.versionId)
  if (found === undefined) throw noSuchInput(location, n)
  // A bucket without versions may call the only one "null".
  const versionId = input.versionId ?? (found.versionId === 'null' ? undefined : found.versionId)
  return { ...input, etag: found.etag, ...(versionId !== undefined && { versionId }) }
}

/**
 * The identity of a job with pinned inputs: SHA-256 of its canonical JSON, as 64 hexadecimal digits. The same job over
 * the same bytes has the same identity, whoever adds it and however its JSON is written; another version of an input
 * makes another job.
 */
export function identityOf(job: Job): string {
  return hashOf(spelledFractions({ ...job, $schema: undefined, inputs: job.inputs.map(identityOfInput) }))
}

/** Versions with equal ETags have equal bytes. */
function identityOfInput(input: JobInput): JobInput {
  return input.etag === undefined ? input : { ...input, versionId: undefined }
}

/** The error for an input that does not exist when its job is added. */
function noSuchInput(location: S3Location, n: number): S3Error {
  return new S3Error(
    'AVIO_ERR_NO_SUCH_KEY',
    `inputs[${n}].url: there is no object ${formatS3Uri(location)}. Store it before adding the job.`,
    { ...location },
  )
}

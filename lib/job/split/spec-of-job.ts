import { encodingArguments } from '../encoding/encoding-arguments.js'
import { UnsplitReason } from '../encoding/unsplit.js'
import type { Job, JobObject } from '../schema/job.js'
import { invalidJob } from '../schema/job-errors.js'
import type { JobLimits } from '../schema/limits.js'
import type { JobSplit } from '../schema/split.js'
import { type Location, parseLocation, parsePrefix } from '../schema/location.js'
import type { SplitSpec } from './split-spec.js'

/** Properties of an object that the join does not set. */
const STORED = [
  ...(['cover', 'onMissing', 'contentDisposition', 'contentLanguage', 'tags', 'storageClass'] as const),
  ...(['serverSideEncryption', 'kmsKeyId'] as const),
]

/**
 * The part of a job that can be encoded in pieces, for `planSplit`.
 *
 * @param workers - pieces encoded at the same time, for `mode: 'auto'`
 * @throws {@link UnsplitReason} for a job that must run whole, with the path of the field that prevents splitting;
 *   `JobError` `AVIO_ERR_JOB_INVALID` for more threads than the job's limits permit
 */
export function specOfJob(job: Job, workers: number): SplitSpec {
  const { inputs, outputs, filterComplex, limits } = job
  const split = job.split!
  const [input, another] = inputs
  const [output, second] = outputs
  if (another !== undefined) throw reason('inputs[1]: only a job with one input can be split')
  if (second !== undefined) throw reason('outputs[1]: only a job with one output can be split')
  if (output?.type !== 'object') throw reason('outputs[0].type: only an object can be split')
  if (filterComplex !== undefined)
    throw reason('filterComplex: only the filters of an output ("-vf") can be split')
  for (const name of ['format', 'args'] as const) {
    if (input![name] !== undefined) throw reason(`inputs[0].${name}: the source of a split job can have none`)
  }
  if (output.format !== 'mp4') throw reason('outputs[0].format: only mp4 can be split')
  if (output.layout !== 'file') throw reason('outputs[0].layout: only the layout "file" can be split')
  const odd = STORED.find(name => output[name] !== undefined)
  if (odd !== undefined) throw reason(`outputs[0].${odd}: the join does not set it`)
  const { threads } = split
  if (threads !== undefined && threads > (limits?.threads ?? Infinity))
    throw invalidJob('split.threads', `is more than limits.threads (${limits!.threads})`)
  const { bucket, key: prefix } = objectAt(parsePrefix(split.work), 'split.work')
  return {
    source: {
      ...objectAt(parseLocation(input!.url), 'inputs[0].url'),
      ...(input!.versionId !== undefined && { versionId: input!.versionId }),
      ...(input!.etag !== undefined && { etag: input!.etag }),
    },
    output: { ...objectAt(parseLocation(output.url), 'outputs[0].url'), ...storedAs(output) },
    work: { bucket, prefix },
    workers,
    ...limitedBy(limits),
    ...encodedAs(output, split),
  }
}

function objectAt(location: Location | undefined, path: string): { bucket: string; key: string } {
  if (location?.kind !== 's3') throw reason(`${path}: a split job reads and writes only objects in S3`)
  return { bucket: location.bucket, key: location.key }
}

function storedAs({ contentType, cacheControl, metadata }: JobObject): Partial<SplitSpec['output']> {
  return {
    ...(contentType !== undefined && { contentType }),
    ...(cacheControl !== undefined && { cacheControl }),
    ...(metadata !== undefined && { metadata }),
  }
}

/** The limits of the job that concern an object. */
function limitedBy(limits: JobLimits = {}): Pick<SplitSpec, 'limits'> {
  const given = Object.entries(limits).filter(([name]) => name !== 'maxObjects')
  return given.length === 0 ? {} : { limits: Object.fromEntries(given) }
}

/** The arguments and the grid. The frame rate of the video sets the grid, without a filter in the output. */
function encodedAs(output: JobObject, split: JobSplit) {
  const { video } = output
  const stated = typeof video === 'object' ? video : undefined
  const args = encodingArguments(
    { ...output, video: stated ? { ...stated, frameRate: undefined } : video },
    'mp4',
  )
  const { mode = 'auto', chunkSeconds, gop, frameRate = stated?.frameRate, threads, allowMixed } = split
  const given = Object.entries({ chunkSeconds, gop, frameRate, threads, allowMixed }).filter(
    ([, value]) => value !== undefined,
  )
  return {
    args,
    mode,
    ...(Object.fromEntries(given) as Pick<
      SplitSpec,
      'chunkSeconds' | 'gop' | 'frameRate' | 'threads' | 'allowMixed'
    >),
  }
}

function reason(message: string): UnsplitReason {
  return new UnsplitReason('argument', message)
}

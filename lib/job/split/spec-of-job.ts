import type { VideoEncoding } from '../schema/encoding.js'
import { type StatedEncoding, encodingArguments } from '../encoding/encoding-arguments.js'
import { UnsplitReason } from '../encoding/unsplit.js'
import type { Job, JobObject, JobPackage } from '../schema/job.js'
import { invalidJob } from '../schema/job-errors.js'
import type { JobLimits } from '../schema/limits.js'
import type { JobSplit } from '../schema/split.js'
import { type Location, parseLocation, parsePrefix } from '../schema/location.js'
import type { SplitPackage, SplitRendition } from './package-settings.js'
import type { SplitObject, SplitSpec } from './split-spec.js'

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
  if (output?.type !== 'object' && output?.type !== 'package')
    throw reason('outputs[0].type: only an object or a package can be split')
  if (filterComplex !== undefined)
    throw reason('filterComplex: only the filters of an output ("-vf") can be split')
  for (const name of ['format', 'args'] as const) {
    if (input![name] !== undefined) throw reason(`inputs[0].${name}: the source of a split job can have none`)
  }
  const made = output.type === 'object' ? objectOf(output) : packageOf(output)
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
    ...made,
    work: { bucket, prefix },
    workers,
    ...limitedBy(limits, output),
    ...gridOf(split, output),
  }
}

function objectAt(location: Location | undefined, path: string): { bucket: string; key: string } {
  if (location?.kind !== 's3') throw reason(`${path}: a split job reads and writes only objects in S3`)
  return { bucket: location.bucket, key: location.key }
}

function objectOf(object: JobObject): { output: SplitObject; args: string[] } {
  const { format, layout, url, contentType, cacheControl, metadata } = object
  if (format !== 'mp4') throw reason('outputs[0].format: only mp4 can be split')
  if (layout !== 'file') throw reason('outputs[0].layout: only the layout "file" can be split')
  const odd = STORED.find(name => object[name] !== undefined)
  if (odd !== undefined) throw reason(`outputs[0].${odd}: the join does not set it`)
  const stored = given({ contentType, cacheControl, metadata })
  return {
    output: { ...objectAt(parseLocation(url), 'outputs[0].url'), ...stored },
    args: argumentsOf(object),
  }
}

function packageOf(output: JobPackage): { output: SplitPackage } {
  const { prefix, renditions, images, align } = output
  if (align === false) throw reason('outputs[0].align: the renditions of a split package are always aligned')
  const { targetDuration, layout, playlist, mpd, run, removeReplaced } = output
  const { storageClass, serverSideEncryption, kmsKeyId } = output
  const { bucket, key } = objectAt(parsePrefix(prefix), 'outputs[0].prefix')
  return {
    output: {
      ...{ type: 'package', bucket, prefix: key },
      ...given({ targetDuration, layout, playlist, mpd, run, removeReplaced }),
      ...given({ storageClass, serverSideEncryption, kmsKeyId }),
      ...(images && { images: given(images) }),
      renditions: renditions.map(({ video, audio, args, ...options }) => ({
        ...(given(options) as Omit<SplitRendition, 'args'>),
        args: argumentsOf({ video, audio, args }),
      })),
    },
  }
}

/** The frame rate of the video sets the grid, without a filter in the output; so do the key frames of a package. */
function argumentsOf({ video, audio, args }: StatedEncoding): string[] {
  const encoding = stated(video)
  return encodingArguments(
    { video: encoding ? { ...encoding, frameRate: undefined } : video, audio, args },
    'mp4',
  )
}

function stated(video: StatedEncoding['video']): VideoEncoding | undefined {
  return typeof video === 'object' ? video : undefined
}

/** The limits of the job that concern the pieces: an object is one object. */
function limitedBy(limits: JobLimits = {}, { type }: JobObject | JobPackage): Pick<SplitSpec, 'limits'> {
  const set = Object.entries(limits).filter(([name]) => name !== 'maxObjects' || type === 'package')
  return set.length === 0 ? {} : { limits: Object.fromEntries(set) }
}

function gridOf(split: JobSplit, output: JobObject | JobPackage) {
  const { mode = 'auto', chunkSeconds, gop, frameRate = statedRate(output) } = split
  const { threads, allowMixed, encodeSpeed } = split
  const speeds = encodeSpeed && given(encodeSpeed)
  const grid = { chunkSeconds, gop, frameRate, threads, allowMixed, encodeSpeed: speeds }
  return { mode, ...(given(grid) as Pick<SplitSpec, keyof typeof grid>) }
}

function statedRate(output: JobObject | JobPackage): string | undefined {
  const encodings = output.type === 'object' ? [output] : output.renditions
  const rates = new Set(encodings.flatMap(({ video }) => stated(video)?.frameRate ?? []))
  const [first, other] = rates
  if (other !== undefined)
    throw reason(
      `outputs[0].renditions: the frame rates ${first} and ${other} differ, and have no common grid`,
    )
  return first
}

/** The properties that have a value. */
function given<T extends object>(properties: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as never
}

function reason(message: string): UnsplitReason {
  return new UnsplitReason('argument', message)
}

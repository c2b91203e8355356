/**
 * The Lambda handlers of `state-machine.asl.json`: one job of avio-streams on AWS Step Functions. `plan` cuts a film into
 * pieces, `encode` runs once for each of them in a Distributed Map, `join` makes one object of them, `remove` removes the
 * pieces. A job that can't be split is run by `whole`. `batch.asl.json` starts that state machine for each object of a
 * prefix.
 *
 * States hold 256 KB at most, so that only references pass through them: where the plan lies, and the number of a piece.
 * Lambda ends a function after 15 minutes. Each handler gives up a few seconds before: ffmpeg is ended, uploads are
 * aborted, nothing stays.
 */
import { S3Client } from '@aws-sdk/client-s3'
import { AvioError } from 'avio-streams'
import {
  type Job,
  type JobResult,
  type PlanReference,
  type SplitPlan,
  encodeAudio,
  encodeChunk,
  encodeImages,
  joinChunks,
  planJob,
  readPlan,
  readResults,
  removeWork,
  runJob,
  storePlan,
} from 'avio-streams/job'

/** The part of Lambda's context that the handlers use. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number
}

/** What EventBridge sends for an object that is new in a bucket. Its key is not encoded. */
export interface ObjectCreated {
  readonly source: 'aws.s3'
  readonly 'detail-type': 'Object Created'
  readonly detail: {
    readonly bucket: { readonly name: string }
    readonly object: { readonly key: string; readonly etag: string; readonly 'version-id'?: string }
  }
}

/** An object below a prefix: an item as Step Functions lists it (`s3:listObjectsV2`), and its bucket. */
export interface ListedObject {
  readonly bucket: string
  readonly object: { readonly Key: string; readonly Size: number }
}

/** A chunk by its number, the audio, or the images of a package. */
type Piece = number | 'audio' | 'images'

/** What `plan` returns: the job in pieces, or in one. */
export type Planned =
  { readonly plan: PlanReference; readonly pieces: readonly Piece[] } | { readonly job: Job }

/** Time for ending ffmpeg and aborting the upload, in milliseconds. */
const MARGIN = 10_000
/** The concurrency of the Distributed Map. */
export const WORKERS = 100

// Outside of the handlers, so that warm starts use its connections again.
const client = new S3Client({})

/** The job for an object: change it to what you make of yours. */
function jobFor(bucket: string, key: string, versionId?: string): Job {
  return {
    version: 1,
    inputs: [{ url: `s3://${bucket}/${key}`, ...(versionId !== undefined && { versionId }) }],
    outputs: [
      {
        type: 'object',
        url: `s3://${process.env['TARGET_BUCKET']!}/${key}.mp4`,
        ...{ format: 'mp4', layout: 'file' },
        video: { codec: 'h264', crf: 23 },
        audio: { codec: 'aac' },
      },
    ],
    split: { work: process.env['WORK']!, mode: 'auto', chunkSeconds: 60 },
  }
}

type PlanEvent = { readonly job: Job } | ObjectCreated | ListedObject

function jobOf(event: PlanEvent): Job {
  if ('job' in event) return event.job
  if ('object' in event) return jobFor(event.bucket, event.object.Key)
  const { bucket, object } = event.detail
  return jobFor(bucket.name, object.key, object['version-id'])
}

export const plan = handler(async (event: PlanEvent, signal): Promise<Planned> => {
  const job = jobOf(event)
  if (job.split === undefined) return { job }
  const planned = await planJob(job, { client, signal, concurrency: WORKERS })
  if (planned.unsplit !== undefined) return { job }
  return { plan: await storePlan(planned, { client, signal }), pieces: piecesOf(planned) }
})

/** The audio and the images go first, because they are not split. */
function piecesOf({ audio, output, chunks }: SplitPlan): Piece[] {
  const hasImages = output.type === 'package' && output.images !== undefined
  return [
    ...(audio === undefined ? [] : ['audio' as const]),
    ...(hasImages ? ['images' as const] : []),
    ...chunks.keys(),
  ]
}

export const encode = handler(async (event: { plan: PlanReference; piece: Piece }, signal) => {
  const context = { client, signal }
  const planned = await readPlan(event.plan, context)
  const step = { audio: encodeAudio, images: encodeImages }
  const { piece } = await (typeof event.piece === 'string'
    ? step[event.piece](planned, context)
    : encodeChunk(planned, event.piece, context))
  return { piece }
})

export const join = handler(async (event: { plan: PlanReference }, signal) => {
  const context = { client, signal }
  const planned = await readPlan(event.plan, context)
  return await joinChunks(planned, await readResults(planned, context), context)
})

export const remove = handler(async (event: { plan: PlanReference }, signal) => {
  const context = { client, signal }
  return { removed: await removeWork(await readPlan(event.plan, context), context) }
})

export const whole = handler(
  async ({ job }: { job: Job }, signal): Promise<JobResult> =>
    await runJob({ ...job, split: undefined }, { client, signal }),
)

/**
 * Runs a step until shortly before Lambda ends the function. What it throws has a name that the state machine can tell
 * apart: `Retryable`, `OutOfTime`, or the code of an error that stays.
 */
function handler<Event, Result>(step: (event: Event, signal: AbortSignal) => Promise<Result>) {
  return async (event: Event, context: LambdaContext): Promise<Result> => {
    const ending = new AbortController()
    const remaining = Math.max(0, context.getRemainingTimeInMillis() - MARGIN)
    const timer = setTimeout(() => ending.abort(), remaining)
    try {
      return await step(event, ending.signal)
    } catch (error) {
      throw ending.signal.aborted ? outOfTime(error) : named(error)
    } finally {
      clearTimeout(timer)
    }
  }
}

function outOfTime(cause: unknown): Error {
  const message = 'The step needs more time than the function has: use shorter chunks, or a container task.'
  return Object.assign(new Error(message, { cause }), { name: 'OutOfTime' })
}

function named(error: unknown): unknown {
  if (!(error instanceof AvioError)) return error
  const { code, message, retryable } = error
  return Object.assign(new Error(`${code}: ${message}`, { cause: error }), {
    name: retryable ? 'Retryable' : code,
  })
}

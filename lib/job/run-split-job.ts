import { PlanError } from '../errors.js'
import { type Unsplit, UnsplitReason } from './encoding/unsplit.js'
import type { JobRunSettings } from './job-run.js'
import { tooLarge } from './open/open-input.js'
import type { Job } from './schema/job.js'
import type { JobResult } from './schema/job-result.js'
import { planSplit } from './split/plan-split.js'
import { type SplitProgress, runSplit } from './split/run-split.js'
import { specOfJob } from './split/spec-of-job.js'
import type { SplitSpec } from './split/split-spec.js'

/**
 * Runs a job with `split` in pieces.
 *
 * @returns `undefined` for a job that must run whole, after calling `onUnsplit` with the reason
 * @throws `PlanError` `AVIO_ERR_PLAN_UNSPLIT` for one with `mode: 'required'`; the errors of the steps
 */
export async function runSplitJob(job: Job, settings: JobRunSettings): Promise<JobResult | undefined> {
  const { client, ffmpegPath, signal, concurrency, onProgress } = settings
  const context = { client, ffmpegPath, signal }
  const spec = specOf(job, concurrency)
  const plan = 'code' in spec ? { unsplit: spec } : await planSplit(spec, context)
  if (plan.unsplit !== undefined) {
    settings.onUnsplit?.(plan.unsplit)
    return undefined
  }
  const { maxInputBytes = Infinity } = job.limits ?? {}
  const { url } = job.inputs[0]!
  if (plan.source.size > maxInputBytes) throw tooLarge(`${url} has ${plan.source.size} bytes,`, maxInputBytes)
  const { etag, versionId, bytes } = await runSplit(plan, {
    ...{ ...context, concurrency },
    onProgress: progress => onProgress?.(shown(progress)),
  })
  const { source } = plan
  const [output] = job.outputs
  return {
    version: 1,
    inputs: [
      {
        ...{ url, bytes: source.size, etag: source.etag },
        ...(source.versionId !== undefined && { versionId: source.versionId }),
      },
    ],
    outputs: [
      {
        ...{ type: 'object', url: (output as { url: string }).url, bytes, etag },
        ...(versionId !== undefined && { versionId }),
      },
    ],
  }
}

/** The spec of the split, or the reason not to split. */
function specOf(job: Job, workers: number): SplitSpec | Unsplit {
  try {
    return specOfJob(job, workers)
  } catch (error) {
    if (!(error instanceof UnsplitReason)) throw error
    if (job.split!.mode !== 'required') return error.reason
    throw new PlanError('AVIO_ERR_PLAN_UNSPLIT', `This job can't be split. ${error.message}`)
  }
}

function shown({ frames, totalFrames, pieces, step }: SplitProgress) {
  return { phase: step, percent: (100 * frames) / totalFrames, done: pieces }
}

import { PlanError } from '../errors.js'
import { TimeLeft } from '../ffmpeg/log/time-left.js'
import { type Unsplit, UnsplitReason } from './encoding/unsplit.js'
import type { JobRunSettings } from './job-run.js'
import type { RunJobSettings } from './run-job-options.js'
import type { Job } from './schema/job.js'
import type { JobOutputResult, JobResult } from './schema/job-result.js'
import { checkTargets } from './outputs/target-condition.js'
import { checkCondition } from './split/planned-condition.js'
import { planSplit } from './split/plan-split.js'
import { type SplitProgress, runSplit } from './split/run-split.js'
import { specOfJob } from './split/spec-of-job.js'
import type { SplitPlan, UnsplitPlan } from './split/split-plan.js'
import type { SplitSpec } from './split/split-spec.js'
import { PLAN_METADATA, type SplitResult } from './split/target-state.js'
import { WorkStore } from './split/work-store.js'

/** What planning needs of the settings of a run. */
type PlanJobSettings = Pick<
  RunJobSettings,
  'client' | 'ffmpegPath' | 'ffprobePath' | 'env' | 'signal' | 'concurrency'
>

/**
 * The plan of a checked job with `split`, or the reason why it must run whole.
 *
 * @throws `PlanError` `AVIO_ERR_PLAN_UNSPLIT` for one with `mode: 'required'`; `AVIO_ERR_LIMIT_…` for a source that is
 *   too large; `S3Error` `AVIO_ERR_PRECONDITION_FAILED` for a target that must not be replaced; the errors of
 *   `planSplit`
 */
export async function planCheckedJob(
  job: Job,
  { concurrency, ...settings }: PlanJobSettings,
): Promise<SplitPlan | UnsplitPlan> {
  const spec = specOf(job, concurrency)
  if ('code' in spec) return { version: 1, unsplit: spec }
  const { client, ffmpegPath, ffprobePath, env, signal } = settings
  // An object of a plan may be the result: which plan this is, is known later.
  await checkTargets(job.outputs, { client, signal, isOwn: ({ metadata }) => PLAN_METADATA in metadata })
  const plan = await planSplit(spec, { client, ffmpegPath, ffprobePath, env, signal })
  if (plan.unsplit !== undefined) return plan
  await checkCondition(job.outputs[0]!, plan, new WorkStore({ client, signal }))
  return plan
}

/**
 * Runs a checked job with `split` in pieces.
 *
 * @returns `undefined` for a job that must run whole, after calling `onUnsplit` with the reason
 * @throws as {@link planCheckedJob} does; the errors of the steps
 */
export async function runSplitJob(job: Job, settings: JobRunSettings): Promise<JobResult | undefined> {
  const { client, ffmpegPath, ffprobePath, env, signal, concurrency, onProgress, onLog } = settings
  const plan = await planCheckedJob(job, settings)
  if (plan.unsplit !== undefined) {
    settings.onUnsplit?.(plan.unsplit)
    return undefined
  }
  const left = new TimeLeft()
  const stored = await runSplit(plan, {
    ...{ client, ffmpegPath, ffprobePath, env, signal, concurrency, onLog },
    onProgress: progress => onProgress?.(shown(progress, left)),
  })
  return resultOfSplit(job, plan, stored)
}

/**
 * The result of a job whose pieces were joined, as `runJob` returns it.
 *
 * @param job - the job of which `planJob` made the plan
 * @param stored - what `joinChunks` returned, or `runSplit`
 */
export function resultOfSplit(job: Job, { source }: SplitPlan, stored: SplitResult): JobResult {
  return {
    version: 1,
    inputs: [
      {
        ...{ url: job.inputs[0]!.url, bytes: source.size, etag: source.etag },
        ...(source.versionId !== undefined && { versionId: source.versionId }),
      },
    ],
    outputs: [outputResult(job.outputs[0]!, stored)],
    ...(stored.workLeft && { workLeft: stored.workLeft }),
  }
}

function outputResult(output: Job['outputs'][number], stored: SplitResult): JobOutputResult {
  const { etag, versionId, bytes } = stored
  if (output.type === 'package') return { type: 'package', prefix: output.prefix, bytes, ...stored.package! }
  const { url } = output as { url: string }
  return { type: 'object', url, bytes, etag, ...(versionId !== undefined && { versionId }) }
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

function shown({ frames, totalFrames, pieces, step }: SplitProgress, left: TimeLeft) {
  const percent = (100 * frames) / totalFrames
  const eta = step === 'encode' ? left.see(percent) : undefined
  return { phase: step, percent, done: pieces, ...(eta !== undefined && { eta }) }
}

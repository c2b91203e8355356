import { optionError } from '../options.js'
import { checkJob } from './check-job.js'
import type { RunJobOptions } from './run-job-options.js'
import { planCheckedJob } from './run-split-job.js'
import type { Job } from './schema/job.js'
import type { SplitPlan, UnsplitPlan } from './split/split-plan.js'

/**
 * Plans a job with `split`, for running its steps elsewhere: `encodeChunk` for each chunk, `encodeAudio`, `joinChunks`,
 * `removeWork`. `runJob` does all of that in one process.
 *
 * A job that must run whole gives a plan with the reason in `unsplit`: run it by `runJob`.
 *
 * @param options - as for `runJob`; `concurrency` is the number of pieces encoded at the same time, by which
 *   `mode: 'auto'` decides. `onProgress`, `onLog` and `onUnsplit` are not called
 * @example
 * ```ts
 * const plan = await planJob(job, { client, concurrency: 20 })
 * if (plan.unsplit) await runJob(job, { client })
 * else console.log(await storePlan(plan, { client }), plan.chunks.length)
 * ```
 * @throws `OptionError` for a job without `split`, and for an invalid option; `JobError` `AVIO_ERR_JOB_INVALID`,
 * `AVIO_ERR_JOB_REFUSED`; `PlanError` `AVIO_ERR_PLAN_UNSPLIT` with `mode: 'required'`; the errors of `planSplit`
 */
export async function planJob(job: Job, options: RunJobOptions = {}): Promise<SplitPlan | UnsplitPlan> {
  const { job: parsed, settings } = await checkJob(job, options)
  if (parsed.split === undefined)
    throw optionError('job.split', 'given: it says where the pieces lie', undefined)
  return await planCheckedJob(parsed, settings)
}

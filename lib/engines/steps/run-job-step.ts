import { S3Error } from '../../errors.js'
import { checkJob } from '../../job/check-job.js'
import { planJob } from '../../job/plan-job.js'
import { resultOfSplit } from '../../job/run-split-job.js'
import { runJobOn } from '../../job/run-job.js'
import { hasCondition } from '../../job/outputs/target-condition.js'
import type { Job, JobOutput } from '../../job/schema/job.js'
import type { JobResult } from '../../job/schema/job-result.js'
import { cleanUpWork } from '../../job/split/clean-up-work.js'
import { finishedPieces } from '../../job/split/finished-pieces.js'
import { joinChunks } from '../../job/split/join-chunks.js'
import { type Piece, type SplitPlan, piecesOf } from '../../job/split/split-plan.js'
import { type PlanReference, readResults, storePlan } from '../../job/split/stored-plan.js'
import { resultUnderKey } from '../../job/split/target-state.js'
import { WorkStore } from '../../job/split/work-store.js'
import { type TargetsBefore, ownTargets, releaseRuns, targetChanged } from './own-targets.js'
import { allowedPlan, framesOf, lengthOf } from './run-piece.js'
import type { JobStep, PlannedPieces } from './step.js'
import { type StepContext, withinTimeout } from './step-context.js'

/** How a step of a job ended: its result, or the pieces that others are to encode before it is run again. */
export type JobStepEnd =
  { readonly result: JobResult } | { readonly pieces: readonly Piece[]; readonly planned: PlannedPieces }

/** What a step of a job needs besides its JSON. */
export interface JobStepContext extends StepContext {
  /**
   * Steps that all workers together can run at the same time: `mode: 'auto'` decides by it. Called for the plan only,
   * since an engine has to ask all workers.
   */
  readonly workers: () => Promise<number>
  /** Keeps {@link JobStep.targets} for the next attempts. */
  readonly keepTargets: (targets: TargetsBefore) => Promise<void>
}

/**
 * Runs a job, or one of the two halves of a split job: the first plans it and names the missing pieces, the second
 * joins them. Which half it is depends on what is in the store only, so that a step may be delivered twice, late, or
 * after the engine has lost its memory.
 *
 * @param id - the identity of the job
 * @throws the errors of `runJob`, `planJob`, `joinChunks`
 */
export async function runJobStep(step: JobStep, id: string, context: JobStepContext): Promise<JobStepEnd> {
  return await withinTimeout(context, step.job.limits?.timeout, async inner => {
    const within = { ...context, ...inner }
    const plan = await planOf(step, within)
    return plan === undefined
      ? { result: await runWhole(step, id, within) }
      : await goOn(step.job, plan, within)
  })
}

/** A split job keeps its plan over its attempts, so that all of its pieces fit. */
async function planOf({ job, planned }: JobStep, context: JobStepContext): Promise<SplitPlan | undefined> {
  const { split, ...whole } = job
  if (split === undefined) return undefined
  const kept = planned && (await keptPlan(planned.reference, context))
  if (kept !== undefined) return kept
  const { client, allow, trust, ffmpegPath, ffprobePath, env, signal, workers } = context
  const options = { client, allow, trust, ffmpegPath, ffprobePath, env, signal }
  const concurrency = Math.max(1, await workers())
  const plan = await planJob({ ...whole, split }, { ...options, concurrency })
  return plan.unsplit === undefined ? plan : undefined
}

/** The plan of an earlier attempt; `undefined` if its work was removed since. */
async function keptPlan(reference: PlanReference, context: StepContext): Promise<SplitPlan | undefined> {
  try {
    return await allowedPlan(reference, context)
  } catch (error) {
    if (error instanceof S3Error && error.code === 'AVIO_ERR_NO_SUCH_KEY') return undefined
    throw error
  }
}

async function goOn(job: Job, plan: SplitPlan, context: JobStepContext): Promise<JobStepEnd> {
  const { client, ffmpegPath, env, signal, onProgress } = context
  const store = new WorkStore({ client, signal })
  const there = await resultUnderKey(plan, store)
  const missing = there ? [] : await missingPieces(plan, store)
  if (missing.length > 0) {
    return { pieces: missing, planned: await handOut(plan, missing, { client, signal }) }
  }
  const { frames: totalFrames } = lengthOf(plan)
  const join = async () =>
    await joinChunks(plan, await readResults(plan, { client, signal }), {
      ...{ client, ffmpegPath, env, signal },
      onProgress: ({ frames }) => onProgress?.({ phase: 'join', percent: (100 * frames) / totalFrames }),
    })
  const stored = there ?? (await join())
  // The object is stored: from here on nothing makes the step fail.
  const workLeft = await cleanUpWork(plan, { client, signal })
  return { result: resultOfSplit(job, plan, { ...stored, ...(workLeft && { workLeft }) }) }
}

async function handOut(
  plan: SplitPlan,
  missing: readonly Piece[],
  context: Pick<StepContext, 'client' | 'signal'>,
): Promise<PlannedPieces> {
  const { frames, seconds } = lengthOf(plan)
  const framesMissing = missing.reduce<number>((sum, piece) => sum + framesOf(plan, piece), 0)
  return {
    reference: await storePlan(plan, context),
    pieces: piecesOf(plan).length,
    ...{ frames, seconds, framesBefore: frames - framesMissing },
    ffmpeg: plan.fingerprint.ffmpeg,
    build: plan.fingerprint.build.slice(0, 8),
  }
}

/** The pieces without a result. */
async function missingPieces(plan: SplitPlan, store: WorkStore): Promise<Piece[]> {
  const finished = await finishedPieces(plan, store)
  return piecesOf(plan).filter(piece => !finished.has(piece))
}

/** Runs a job in this process. It replaces nothing that a newer job has written, and does nothing twice. */
async function runWhole({ job, targets }: JobStep, id: string, context: JobStepContext): Promise<JobResult> {
  const whole = { ...job, split: undefined }
  const { client, allow, trust, ffmpegPath, ffprobePath, env, signal, onProgress } = context
  const options = { client, allow, trust, ffmpegPath, ffprobePath, env, signal, onProgress }
  // Refused jobs send no request.
  await checkJob(whole, options)
  const store = new WorkStore({ client, signal })
  const own = await ownTargets(whole, id, store, targets)
  if (targets === undefined) await context.keepTargets(own.before)
  if (own.result !== undefined) {
    await releaseRuns(whole, id, store)
    return own.result
  }
  try {
    return await runJobOn(own.job, options, own.terms)
  } catch (error) {
    const changed = targetChanged(error)
    if (changed === undefined) throw error
    // Another delivery of this very job may have been faster.
    const winner = await ownTargets(whole, id, store)
    if (winner.result !== undefined) return winner.result
    if (winner.isBegun) throw sameJob(changed)
    throw isOfCondition(whole, error) ? error : changed
  }
}

/** Another delivery of this job is storing its outputs: the next attempt finds its result, or makes its own. */
function sameJob(changed: S3Error): S3Error {
  const { bucket, key } = changed
  return new S3Error(
    'AVIO_ERR_PRECONDITION_FAILED',
    `s3://${bucket}/${key} has changed since this job began: the same job, delivered twice, has stored it, and not ` +
      'yet all of its outputs.',
    { bucket, key },
    { cause: changed, retryable: true },
  )
}

/** Whether the condition that failed is the user's own, whose error says so. */
function isOfCondition({ outputs }: Job, error: unknown): boolean {
  const { bucket, key } = error as S3Error
  const url = `s3://${bucket}/${key}`
  const isOf = (output: JobOutput) =>
    'prefix' in output ? url.startsWith(output.prefix) : output.url === url
  return outputs.some(output => hasCondition(output) && isOf(output))
}

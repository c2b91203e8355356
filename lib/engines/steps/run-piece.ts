import { JobPolicy } from '../../job/allow/job-policy.js'
import { parseRate } from '../../job/grid/rational.js'
import { encodePiece } from '../../job/split/encode-piece.js'
import { type Piece, type SplitPlan, totalFrames } from '../../job/split/split-plan.js'
import { type PlanReference, readPlan } from '../../job/split/stored-plan.js'
import { WorkStore } from '../../job/split/work-store.js'
import { formatS3Uri } from '../../s3/request/s3-location.js'
import type { PieceStep } from './step.js'
import { type StepContext, withinTimeout } from './step-context.js'

/** What an engine keeps of a finished piece: the result itself lies in the work prefix. */
export interface PieceDone {
  /** Frames of the chunk; 0 for the audio and for images. */
  readonly frames: number
  /** The time it took, in milliseconds. */
  readonly ms: number
}

/** A piece whose work was removed: nobody needs it any more, or the step of its job finds that it is missing. */
export interface PieceSkipped {
  readonly skipped: 'removed'
}

/**
 * Encodes a piece of a stored plan, under the time limit of its job (`limits.timeout`), which the plan has.
 *
 * If another run of the same plan stores the result and removes the work, before this step or in the middle of it, that
 * is no failure.
 *
 * @throws `JobError` `AVIO_ERR_JOB_REFUSED` for a plan that names locations outside `allow`; `FfmpegError`
 *   `AVIO_ERR_LIMIT_TIMEOUT`; the errors of `encodeChunk`, `encodeAudio` and `encodeImages`
 */
export async function runPiece(
  { plan: reference, piece }: PieceStep,
  context: StepContext,
): Promise<PieceDone | PieceSkipped> {
  const began = performance.now()
  try {
    const plan = await allowedPlan(reference, context)
    await encode(plan, piece, context)
    return { frames: framesOf(plan, piece), ms: Math.round(performance.now() - began) }
  } catch (error) {
    if (!(await isRemoved(reference, context))) throw error
    return { skipped: 'removed' }
  }
}

async function encode(plan: SplitPlan, piece: Piece, context: StepContext): Promise<void> {
  await withinTimeout(
    context,
    plan.limits?.timeout,
    async ({ client, ffmpegPath, ffprobePath, env, signal, onProgress }) => {
      const inner = {
        ...{ client, ffmpegPath, ffprobePath, env, signal },
        onProgress: ({ frames }: { frames: number }) => onProgress?.({ phase: 'encode', frames }),
      }
      await encodePiece(plan, piece, inner)
    },
  )
}

/** Whether a plan is gone. It is the last that is removed of its work. */
async function isRemoved(reference: PlanReference, { client, signal }: StepContext): Promise<boolean> {
  try {
    return (await new WorkStore({ client, signal }).head(reference)) === undefined
  } catch {
    return false
  }
}

/** The frames of a piece. */
export function framesOf({ chunks }: SplitPlan, piece: Piece): number {
  if (typeof piece === 'string') return 0
  const chunk = chunks[piece]
  return chunk === undefined ? 0 : chunk.end - chunk.start
}

/** The length of a plan's video, in frames and in seconds. */
export function lengthOf(plan: SplitPlan): { readonly frames: number; readonly seconds: number } {
  const frames = totalFrames(plan)
  const { numerator, denominator } = parseRate(plan.video.rate)!
  return { frames, seconds: (frames * Number(denominator)) / Number(numerator) }
}

/**
 * Reads a plan, and checks every location in it: a queue, and a work prefix, are places where others may write.
 *
 * @throws `JobError` `AVIO_ERR_JOB_REFUSED`
 */
export async function allowedPlan(
  reference: PlanReference,
  { client, allow, signal }: Pick<StepContext, 'client' | 'allow' | 'signal'>,
): Promise<SplitPlan> {
  const policy = JobPolicy.option({ allow })
  await policy.check(formatS3Uri(reference), 'input', 'the plan')
  const plan = await readPlan(reference, { client, signal })
  const { source, output, work } = plan
  await policy.check(formatS3Uri(source), 'input', 'the source of the plan')
  await policy.check(
    formatS3Uri({ bucket: output.bucket, key: keyOf(output) }),
    'output',
    'the plan’s output',
  )
  await policy.check(`s3://${work.bucket}/${work.prefix}`, 'prefix', 'the work prefix of the plan')
  return plan
}

/** A package has a prefix in place of a key. */
function keyOf(output: { readonly key?: string; readonly prefix?: string }): string {
  return output.key ?? `${output.prefix ?? ''}x`
}

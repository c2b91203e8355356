import { OptionError, PlanError, S3Error, isError } from '../../errors.js'
import { functionOption } from '../../options.js'
import { checkResults } from './check-results.js'
import { type JoinContext, joinObject } from './join-object.js'
import { joinPackage } from './join-package.js'
import type { PieceResult } from './piece-result.js'
import { checkFinished } from './split-limits.js'
import { type SplitPlan, type UnsplitPlan, checkPlan } from './split-plan.js'
import { AlreadyThere, type SplitResult, resultUnderKey } from './target-state.js'
import { WorkStore } from './work-store.js'

/**
 * Makes the result of the pieces, without encoding.
 *
 * - *An object*: copies the pieces into one MP4, in one pass.
 * - *A package*: its segments are stored already. This stores the initialization segments, the playlists, the
 *   multivariant one, and last the manifest, and reads no media.
 *
 * Safe to run twice, late, or at the same time on two machines: the object, or the multivariant playlist, is stored
 * only if nothing under its key has changed since the plan was made, and one with the plan's hash is returned as the
 * result.
 *
 * @param results - the results of the steps, in any order
 * @throws `PlanError` `AVIO_ERR_PLAN_GAP`, `AVIO_ERR_PLAN_MIXED`, `AVIO_ERR_PLAN_TARGET_CHANGED`,
 *   `AVIO_ERR_PLAN_INVALID`; `OptionError` for a named run that another plan stores at the moment; `FfmpegError`
 *   `AVIO_ERR_LIMIT_…`; the errors of the stages
 */
export async function joinChunks(
  plan: SplitPlan | UnsplitPlan,
  results: readonly PieceResult[],
  context: JoinContext = {},
): Promise<SplitResult> {
  const checked = checkPlan(plan)
  functionOption(context, 'onProgress')
  functionOption(context, 'onLog')
  context.signal?.throwIfAborted()
  const store = new WorkStore(context)
  const there = await resultUnderKey(checked, store)
  if (there !== undefined) return there
  const pieces = checkResults(checked, results)
  checkFinished(checked.limits, [...pieces.chunks, ...(pieces.audio ? [pieces.audio] : [])])
  try {
    return await (checked.output.type === 'object'
      ? joinObject(checked, checked.output, pieces, store, context)
      : joinPackage(checked, checked.output, pieces, store, context))
  } catch (error) {
    const cause = decisiveCause(error)
    if (!isTaken(cause) && !lacksPieces(error)) throw cause
    // Another run of this plan, which may have removed the pieces, or a newer job.
    return await winner(checked, store, cause)
  }
}

/** How a read of a piece fails once it is gone. */
const GONE = new Set<string>(['AVIO_ERR_OBJECT_CHANGED', 'AVIO_ERR_NO_SUCH_KEY'])

async function winner(plan: SplitPlan, store: WorkStore, error: unknown): Promise<SplitResult> {
  const result = await resultUnderKey(plan, store)
  if (result !== undefined) return result
  throw error
}

/** The library's own refusal of the commit, without the wrappers of sinks and storages; otherwise the error itself. */
function decisiveCause(error: unknown): unknown {
  for (let at = error; isError(at); at = at.cause) {
    if (at instanceof PlanError || at instanceof OptionError || isTaken(at)) return at
  }
  return error
}

/** Whether pieces are gone, or are not those of the results. */
function lacksPieces(error: unknown): boolean {
  for (let at = error; isError(at); at = at.cause) {
    if (at instanceof PlanError && at.code === 'AVIO_ERR_PLAN_GAP') return true
    if (at instanceof S3Error && GONE.has(at.code)) return true
  }
  return false
}

function isTaken(error: unknown): boolean {
  return (
    error instanceof AlreadyThere ||
    (error instanceof S3Error && error.code === 'AVIO_ERR_PRECONDITION_FAILED')
  )
}

import type { FfmpegLogEntry } from '../../ffmpeg/log/log.js'
import { functionOption } from '../../options.js'
import { claimRun } from './claim-run.js'
import { type Fingerprint, checkFingerprint } from './fingerprint.js'
import { type PieceResult, checkResult, resultLocation } from './piece-result.js'
import type { SplitContext } from './plan-split.js'
import { type Piece, type SplitPlan, encodersOf, pieceName } from './split-plan.js'
import { storePlan } from './stored-plan.js'
import { WorkStore } from './work-store.js'

/** The progress of a step. */
export interface PieceProgress {
  /** `chunk-00003`, `audio`, `images`. */
  readonly piece: string
  /** Frames encoded so far; 0 for the audio and for images. */
  readonly frames: number
}

/** Settings for encoding a piece. */
export interface PieceContext extends SplitContext {
  /** Called about twice a second, and for images after each sheet. */
  readonly onProgress?: ((progress: PieceProgress) => void) | undefined
  /** Called for each line that ffmpeg logs; not while it takes images. */
  readonly onLog?: ((entry: FfmpegLogEntry) => void) | undefined
}

/** An attempt to make a piece. */
export interface PieceAttempt {
  readonly plan: SplitPlan
  /** Of the piece. */
  readonly name: string
  readonly context: PieceContext
  readonly store: WorkStore
}

/**
 * Makes a piece unless it has a result. The first result is stored and stays, and everybody gets that one: media of
 * slower attempts are equivalent, and lie under keys of their own.
 *
 * @param make - stores the media, under names that no other attempt has; it throws for a result that must not be stored
 * @throws `PlanError` `AVIO_ERR_PLAN_OTHER_FFMPEG` before anything is read, `AVIO_ERR_PLAN_INVALID`; `OptionError` for
 *   the run of a package that another plan stores at the moment
 */
export async function makePiece(
  plan: SplitPlan,
  piece: Piece,
  context: PieceContext,
  make: (attempt: PieceAttempt) => Promise<Pick<PieceResult, 'renditions' | 'images'>>,
): Promise<PieceResult> {
  functionOption(context, 'onProgress')
  functionOption(context, 'onLog')
  context.signal?.throwIfAborted()
  const name = pieceName(piece)
  const store = new WorkStore(context)
  const location = resultLocation(plan, name)
  const earlier = await store.getJson(location)
  if (earlier !== undefined) return checkResult(earlier, plan, name)
  const wanted = plan.allowMixed === true ? undefined : plan.fingerprint
  const fingerprint: Fingerprint = await checkFingerprint(wanted, encodersOf(plan), context)
  // Its media lie outside of the work prefix: whoever clears an abandoned one finds them by the plan.
  if (plan.output.type === 'package') {
    await storePlan(plan, context)
    await claimRun(plan, plan.output, store)
  }
  const made = await make({ plan, name, context, store })
  const result = { version: 1 as const, plan: plan.hash, piece: name, ...made, fingerprint }
  if (await store.putJsonOnce(location, result)) return result
  // Another attempt was faster. Its media are equivalent, and a join may already use them.
  return checkResult(await store.getJson(location), plan, name)
}

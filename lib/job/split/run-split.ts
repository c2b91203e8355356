import { AvioError, isError } from '../../errors.js'
import type { FfmpegLogEntry } from '../../ffmpeg/log/log.js'
import { functionOption, integerOption } from '../../options.js'
import { cleanUpWork } from './clean-up-work.js'
import { encodePiece } from './encode-piece.js'
import { joinChunks } from './join-chunks.js'
import type { PieceProgress } from './make-piece.js'
import type { PieceResult } from './piece-result.js'
import type { SplitContext } from './plan-split.js'
import { checkFinished } from './split-limits.js'
import { type SplitPlan, type UnsplitPlan, checkPlan, isChunk, piecesOf, totalFrames } from './split-plan.js'
import { type SplitResult, resultUnderKey } from './target-state.js'
import { WorkStore } from './work-store.js'

/** The progress of a plan. */
export interface SplitProgress {
  /** Frames encoded so far, including those of existing pieces. */
  readonly frames: number
  /** Frames of the whole video. */
  readonly totalFrames: number
  /** Finished pieces. */
  readonly pieces: number
  /** Pieces of the plan. */
  readonly totalPieces: number
  /** `encode`, then `join`. */
  readonly step: 'encode' | 'join'
}

/** Settings for running a plan on this machine. */
export interface RunSplitContext extends SplitContext {
  /** Number of pieces encoded at the same time: 1 to 1,000. @defaultValue 1 */
  readonly concurrency?: number | undefined
  /** Called about twice a second. */
  readonly onProgress?: ((progress: SplitProgress) => void) | undefined
  /** Called for each line that ffmpeg logs. Those of pieces that are encoded at the same time alternate. */
  readonly onLog?: ((entry: FfmpegLogEntry) => void) | undefined
}

/**
 * Runs a whole plan on this machine: encodes the missing pieces, joins all, and removes them. If the object of this
 * plan is already stored, it is returned immediately; if another run of the plan stores it in the meantime, its result
 * is returned.
 *
 * The pieces stay after a failure, so that another run of an equal plan, here or elsewhere, encodes only the missing
 * ones; after an abort they are removed. An abort whose reason is an error of this library, such as an exceeded time
 * limit, is a failure: the pieces stay.
 *
 * Once the object is stored, nothing makes the run fail: pieces that can't be removed are in `workLeft`. A removal ends
 * if the store has not answered for a minute, or for 5 s after an abort.
 *
 * @throws the first error of a step; the other steps are aborted. If pieces are left after an abort, its error has a
 *   `cleanupError`
 */
export async function runSplit(
  plan: SplitPlan | UnsplitPlan,
  context: RunSplitContext = {},
): Promise<SplitResult> {
  const checked = checkPlan(plan)
  const concurrency = integerOption(context, 'concurrency', { min: 1, max: 1000, default: 1 })
  functionOption(context, 'onProgress')
  functionOption(context, 'onLog')
  const { signal } = context
  signal?.throwIfAborted()
  const store = new WorkStore(context)
  const cleanUp = () => cleanUpWork(checked, { client: context.client, signal })
  const stored = async () =>
    (await resultUnderKey(checked, store)) ?? (await made(checked, context, concurrency))
  const result = await stored().catch(async (error: unknown) => {
    if (signal?.aborted === true) {
      const isCancelled = !(signal.reason instanceof AvioError)
      const left = isCancelled ? await cleanUp() : undefined
      if (left !== undefined && isError(error))
        Reflect.defineProperty(error, 'cleanupError', { value: new Error(left.message), enumerable: true })
      throw error
    }
    // Another run of this plan may have stored the result, and have removed the pieces and uploads of this one.
    const others = await resultUnderKey(checked, store).catch(() => undefined)
    if (others === undefined) throw error
    return others
  })
  // The object is stored, and an abort is too late.
  const workLeft = await cleanUp()
  return { ...result, ...(workLeft && { workLeft }) }
}

async function made(plan: SplitPlan, context: RunSplitContext, concurrency: number): Promise<SplitResult> {
  const { client, ffmpegPath, ffprobePath, env, signal, onLog } = context
  const progress = new Progress(plan, context.onProgress)
  const failed = new AbortController()
  const signals = [failed.signal, ...(signal ? [signal] : [])]
  const inner = {
    ...{ client, ffmpegPath, ffprobePath, env, onLog },
    signal: AbortSignal.any(signals),
    onProgress: (one: PieceProgress) => progress.see(one),
  }
  const steps = piecesOf(plan).map(piece => () => encodePiece(plan, piece, inner))
  const results: PieceResult[] = []
  const work = async () => {
    for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
      const result = await step()
      results.push(result)
      checkFinished(plan.limits, results)
      progress.done(result)
    }
  }
  const workers = Array.from({ length: Math.min(concurrency, steps.length) }, () =>
    work().catch((error: unknown) => {
      steps.length = 0
      failed.abort(error)
      throw error
    }),
  )
  const ends = await Promise.allSettled(workers)
  signal?.throwIfAborted()
  if (failed.signal.aborted) throw failed.signal.reason
  const [end] = ends.filter(({ status }) => status === 'rejected')
  if (end !== undefined) throw (end as PromiseRejectedResult).reason
  progress.joins()
  return await joinChunks(plan, results, { client, ffmpegPath, env, signal, onLog })
}

/** Adds up the progress of the steps. */
class Progress {
  readonly #tell: ((progress: SplitProgress) => void) | undefined
  readonly #frames = new Map<string, number>()
  readonly #totalFrames: number
  readonly #totalPieces: number
  #pieces = 0
  #step: 'encode' | 'join' = 'encode'

  constructor(plan: SplitPlan, tell: ((progress: SplitProgress) => void) | undefined) {
    this.#tell = tell
    this.#totalFrames = totalFrames(plan)
    this.#totalPieces = piecesOf(plan).length
  }

  see({ piece, frames }: PieceProgress): void {
    if (!isChunk(piece)) return
    this.#frames.set(piece, frames)
    this.#report()
  }

  done({ piece, renditions }: PieceResult): void {
    this.#pieces++
    if (isChunk(piece)) this.#frames.set(piece, renditions[0]!.tracks[0]!.samples)
    this.#report()
  }

  joins(): void {
    this.#step = 'join'
    this.#report()
  }

  #report(): void {
    this.#tell?.({
      frames: Math.min(
        this.#totalFrames,
        [...this.#frames.values()].reduce((sum, frames) => sum + frames, 0),
      ),
      ...{
        totalFrames: this.#totalFrames,
        pieces: this.#pieces,
        totalPieces: this.#totalPieces,
        step: this.#step,
      },
    })
  }
}

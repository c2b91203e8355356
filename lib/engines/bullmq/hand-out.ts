import type { PieceStep } from '../steps/step.js'
import type { PlanReference } from '../../job/split/stored-plan.js'
import { type Piece, pieceName } from '../../job/split/split-plan.js'
import type { BullJob, OpenQueue } from './open-queue.js'
import { pieceOptions, soon } from './queued-options.js'

const AT_ONCE = 250

/** The name of a chunk in the queue. Other pieces have their own. */
export const CHUNK = 'chunk'

/**
 * Adds the pieces of a job to the queue, as its children. Their IDs name the plan, so that adding them again is no more
 * than that, and pieces of an older plan are not taken for those of this one.
 */
export async function handOut(
  { queue }: Pick<OpenQueue, 'queue'>,
  job: BullJob,
  plan: PlanReference,
  pieces: readonly Piece[],
): Promise<void> {
  // The join, too, goes before new jobs.
  await job.changePriority({ priority: soon(job) })
  const hash = /([0-9a-f]{12})[0-9a-f]{52}\/[^/]*$/.exec(plan.key)?.[1] ?? ''
  for (let at = 0; at < pieces.length; at += AT_ONCE) {
    await queue.addBulk(
      pieces.slice(at, at + AT_ONCE).map(piece => {
        const data: PieceStep = { version: 1, of: job.id!, plan, piece }
        const name = typeof piece === 'number' ? CHUNK : piece
        return { name, data, opts: pieceOptions(job, `${job.id!}.${hash}.${pieceName(piece)}`) }
      }),
    )
  }
}

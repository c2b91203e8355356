import { type Piece, type SplitPlan, pieceName, piecesOf, workPrefix } from './split-plan.js'
import type { WorkStore } from './work-store.js'

/** The pieces of a plan that have a result. One listing, however many pieces there are. */
export async function finishedPieces(plan: SplitPlan, store: WorkStore): Promise<Set<Piece>> {
  const prefix = workPrefix(plan)
  const there = new Set(await store.list(plan.work.bucket, prefix))
  return new Set(piecesOf(plan).filter(piece => there.has(`${prefix}${pieceName(piece)}.json`)))
}

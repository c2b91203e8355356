import { type Piece, type SplitPlan, piecesOf, uncutPieces } from '../../job/split/split-plan.js'

/** The pieces of a plan as words for `avio-streams step PLAN WHAT`, in the order in which they should start. */
export function stepWords(plan: SplitPlan): string[] {
  return piecesOf(plan).map(String)
}

/** What a word asks for; `undefined` for none of the words. */
export type Step = { readonly piece: Piece } | 'join' | 'remove'

/**
 * The step that a word names: `audio`, `images`, `join`, `remove`, or the number of a piece. Chunks are numbered from
 * 0, and the other pieces follow, so that the indices of an indexed job cover all pieces. `undefined` for other words.
 */
export function stepOf(word: string, plan: SplitPlan): Step | undefined {
  if (word === 'join' || word === 'remove') return word
  const uncut = uncutPieces(plan)
  const n = /^\d{1,9}$/.test(word) ? Number(word) : NaN
  if (n < plan.chunks.length) return { piece: n }
  const piece = uncut.find(name => name === word) ?? uncut[n - plan.chunks.length]
  return piece && { piece }
}

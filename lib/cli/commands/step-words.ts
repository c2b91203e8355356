import type { SplitPlan } from '../../job/split/split-plan.js'

/**
 * The pieces of a plan as words for `avio-streams step PLAN WHAT`, in the order in which they should start: the audio
 * takes longest, because it is not split.
 */
export function stepWords(plan: SplitPlan): string[] {
  const chunks = plan.chunks.map((_, n) => String(n))
  return plan.audio === undefined ? chunks : ['audio', ...chunks]
}

/** What a word asks for; `undefined` for none of the words. */
export type Step = { readonly chunk: number } | 'audio' | 'join' | 'remove'

/**
 * The step that a word names: `audio`, `join`, `remove`, or the number of a piece. Chunks are numbered from 0, and the
 * audio follows, so that the indices of an indexed job cover all pieces. `undefined` for anything else.
 */
export function stepOf(word: string, plan: SplitPlan): Step | undefined {
  if (word === 'join' || word === 'remove') return word
  const audio = plan.audio === undefined ? undefined : 'audio'
  if (word === 'audio') return audio
  const n = /^\d{1,9}$/.test(word) ? Number(word) : NaN
  if (n < plan.chunks.length) return { chunk: n }
  return n === plan.chunks.length ? audio : undefined
}

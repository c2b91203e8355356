import type { PieceResult } from '../../lib/job/split/piece-result.js'
import type { SplitPlan } from '../../lib/job/split/split-plan.js'
import type { SplitSpec } from '../../lib/job/split/split-spec.js'

/** One step of a plan, or all of its output in one run of ffmpeg without cuts. */
export type SplitOrder =
  | { readonly step: 'plan'; readonly spec: SplitSpec }
  | { readonly step: 'audio' | 'remove'; readonly plan: SplitPlan }
  | { readonly step: 'chunk'; readonly plan: SplitPlan; readonly n: number }
  | { readonly step: 'join'; readonly plan: SplitPlan; readonly results: readonly PieceResult[] }
  | { readonly step: 'whole'; readonly plan: SplitPlan; readonly key: string }

/** What a step returned, and the CPU seconds it took: of Node and ffmpeg together. */
export interface Measured<Value> {
  readonly value: Value
  readonly cpu: number
}

import { PlanError } from '../../errors.js'
import { checkChunk } from './check-chunk.js'
import { isSameEncoder } from './fingerprint.js'
import { type PieceResult, checkResult } from './piece-result.js'
import { type Piece, type SplitPlan, pieceName, pieceNames, uncutPieces } from './split-plan.js'

/** All results of a plan, in order. */
export interface CheckedResults {
  readonly chunks: readonly PieceResult[]
  readonly audio: PieceResult | undefined
  readonly images: PieceResult | undefined
}

/**
 * Checks all results against the plan before joining: none is missing or belongs to another plan, all come from one
 * encoder (unless the plan allows several) with one initialization segment, and each chunk begins where the previous
 * one ends. Pieces with other headers may join without an error, but show corrupt frames.
 *
 * @throws `PlanError` `AVIO_ERR_PLAN_GAP`, `AVIO_ERR_PLAN_MIXED`, `AVIO_ERR_PLAN_INVALID`
 */
export function checkResults(plan: SplitPlan, results: readonly unknown[]): CheckedResults {
  const byPiece = new Map(results.map(result => [(result as PieceResult | null)?.piece, result]))
  const names = pieceNames(plan)
  const missing = names.filter(name => !byPiece.has(name))
  if (missing.length > 0) {
    const [piece] = missing
    const message =
      `There is no result of ${missing.length} of ${names.length} pieces: ` +
      `${missing.slice(0, 5).join(', ')}.`
    throw new PlanError('AVIO_ERR_PLAN_GAP', `${message} Run their steps first.`, { plan: plan.hash, piece })
  }
  const resultOf = (piece: Piece) => checkResult(byPiece.get(pieceName(piece)), plan, pieceName(piece))
  const chunks = plan.chunks.map((_, n) => resultOf(n))
  const uncut = uncutPieces(plan).map(resultOf)
  const [first] = chunks
  for (const result of [...chunks, ...uncut]) {
    if (plan.allowMixed === true || isSameEncoder(result.fingerprint, plan.fingerprint)) continue
    throw mixed(
      plan,
      result,
      `was made by ffmpeg ${result.fingerprint.ffmpeg}, the plan is for ${plan.fingerprint.ffmpeg}`,
    )
  }
  for (const [n, result] of chunks.entries()) {
    for (const [at, { name, init }] of result.renditions.entries()) {
      if (init.sha256 === first!.renditions[at]!.init.sha256) continue
      const of = plan.output.type === 'object' ? '' : ` of "${name}"`
      throw mixed(plan, result, `has another initialization segment${of} than ${first!.piece}`)
    }
    checkChunk(plan, n, result)
  }
  const [audio, images] = (['audio', 'images'] as const).map(name =>
    uncut.find(({ piece }) => piece === name),
  )
  return { chunks, audio, images }
}

function mixed(plan: SplitPlan, { piece }: PieceResult, what: string): PlanError {
  return new PlanError(
    'AVIO_ERR_PLAN_MIXED',
    `${piece} ${what}: joined, they could show corrupt frames. Remove the work of this plan (removeWork), and run ` +
      'all pieces with one build of ffmpeg.',
    { plan: plan.hash, piece },
  )
}

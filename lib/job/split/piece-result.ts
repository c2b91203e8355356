import { PlanError, S3Error } from '../../errors.js'
import type { Fingerprint } from './fingerprint.js'
import { type SplitPlan, workPrefix } from './split-plan.js'

/** One track of a piece. */
export interface PieceTrack {
  /** Ticks per second. */
  readonly timescale: number
  /** Decode time of the first sample, in ticks. */
  readonly startTicks: number
  /** From there to the end of the last sample, in ticks. */
  readonly durationTicks: number
  /** Number of samples; for video, its frames. */
  readonly samples: number
}

/** The result of a step, as small JSON: a reference to its media, and the facts the join needs. */
export interface PieceResult {
  readonly version: 1
  /** The hash of the plan. */
  readonly plan: string
  /** `chunk-00003`, `audio`. */
  readonly piece: string
  /** The media of the first attempt that finished. */
  readonly media: {
    readonly bucket: string
    readonly key: string
    readonly etag: string
    readonly bytes: number
  }
  /** Length and SHA-256 of the initialization segment, which must be the same for all chunks. */
  readonly init: { readonly bytes: number; readonly sha256: string }
  /** The end of the last fragment in the media. */
  readonly end: number
  /** The tracks: one for a chunk, any number for the audio. */
  readonly tracks: readonly PieceTrack[]
  readonly fingerprint: Fingerprint
}

/** The location of the result of a piece. */
export function resultLocation(
  plan: SplitPlan,
  piece: string,
): { readonly bucket: string; readonly key: string } {
  return { bucket: plan.work.bucket, key: `${workPrefix(plan)}${piece}.json` }
}

/**
 * Checks a result from the store or from a queue.
 *
 * @throws {@link S3Error} `AVIO_ERR_BAD_RESPONSE`, `PlanError` `AVIO_ERR_PLAN_INVALID`
 */
export function checkResult(value: unknown, plan: SplitPlan, piece: string): PieceResult {
  const result = value as Partial<PieceResult> | null
  if (result?.version === 1 && result.plan === plan.hash && result.piece === piece && isWhole(result))
    return result
  const { bucket, key } = resultLocation(plan, piece)
  const message = `The result of ${piece} (s3://${bucket}/${key}) does not belong to this plan.`
  if (result?.plan === undefined) throw new S3Error('AVIO_ERR_BAD_RESPONSE', message, { bucket, key })
  throw new PlanError('AVIO_ERR_PLAN_INVALID', message, { plan: plan.hash, piece })
}

function isWhole(result: Partial<PieceResult>): result is PieceResult {
  const { media, init, fingerprint, end, tracks } = result
  if (!Array.isArray(tracks) || tracks.length === 0) return false
  const ticks = (tracks as readonly Partial<PieceTrack>[]).flatMap(track => [
    ...[track.timescale, track.startTicks, track.durationTicks, track.samples],
  ])
  const numbers = [media?.bytes, init?.bytes, end, ...ticks]
  const texts = [
    media?.bucket,
    media?.key,
    media?.etag,
    init?.sha256,
    fingerprint?.build,
    fingerprint?.encoder,
  ]
  return numbers.every(Number.isSafeInteger) && texts.every(text => typeof text === 'string')
}

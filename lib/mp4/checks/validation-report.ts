import type { Mp4ErrorCode } from '../../errors.js'
import type { Mp4Track, TrackKind } from '../movie/track.js'

/** Events and report of `Fmp4Validator`. Times are in seconds unless called ticks. */

/** Warning codes: the stream conforms to the standard, but may cause trouble. */
export const MP4_WARNING_CODES = [
  'AVIO_WARN_MP4_TFDT_GAP',
  'AVIO_WARN_MP4_HEV1',
  'AVIO_WARN_MP4_NO_EDIT_LIST',
  'AVIO_WARN_MP4_EDIT_IGNORED',
] as const

/** A code of a warning. */
export type Mp4WarningCode = (typeof MP4_WARNING_CODES)[number]

/**
 * A remark: one of {@link MP4_WARNING_CODES} or, with `strict` off, a problem that would have been an error
 * (then it is the `Mp4Error` itself).
 */
export interface ValidationWarning {
  /** What kind of problem it is, to match on. */
  readonly code: Mp4WarningCode | Mp4ErrorCode
  /** What it is, and what to do. */
  readonly message: string
  /** Offset of the box in the stream. */
  readonly byteOffset?: number
  /** The path to the box: `moof[3]/traf[0]/tfdt`. */
  readonly boxPath?: string
  /** The track's `track_ID`. */
  readonly trackId?: number
}

/** The `init` event: what the stream announces about itself. */
export interface Fmp4Init {
  /** Ticks per second of an edit's `segmentDuration`. */
  readonly timescale: number
  /** In the order of the `moov`. */
  readonly tracks: readonly Mp4Track[]
  /** Length of the initialization segment, in bytes: all from the start of the stream to the end of `moov`. */
  readonly byteLength: number
}

/** One track's part of a fragment. */
export interface Fmp4FragmentTrack {
  /** The track's `track_ID`. */
  readonly trackId: number
  /** Decode time of its first sample, in seconds. */
  readonly start: number
  /** In seconds. */
  readonly duration: number
  /** `start` in the track's timescale, exactly. */
  readonly startTicks: number
  /** `duration` in the track's timescale, exactly. */
  readonly durationTicks: number
  /** Number of its samples in the fragment. */
  readonly sampleCount: number
  /** Size of its samples, in bytes. */
  readonly byteLength: number
  /** Whether its first sample is a sync sample, at which decoding can start. */
  readonly sync: boolean
}

/** The `fragment` event, once a fragment has passed all checks. */
export interface Fmp4Fragment {
  /** Number of the fragment, from its `mfhd`. */
  readonly sequence: number
  /** Offset of its `moof` in the stream. */
  readonly byteOffset: number
  /** From there to the end of its media data. */
  readonly byteLength: number
  /** The tracks with samples in it, in the order of its `traf`s. */
  readonly tracks: readonly Fmp4FragmentTrack[]
}

/** The report on one track. */
export interface TrackReport {
  /** The track's `track_ID`. */
  readonly id: number
  /** Video, audio … */
  readonly kind: TrackKind
  /** As in RFC 6381's `codecs`: `avc1.640028`. */
  readonly codec: string
  /** Decode time of the first sample, in seconds; 0 for a track without samples. */
  readonly start: number
  /** From the first sample presented to the end of the last one, after the edit list, in seconds. */
  readonly duration: number
  /** Number of its samples, over all fragments. */
  readonly sampleCount: number
  /** Size of its samples, in bytes. */
  readonly byteLength: number
}

/** The `report` event, before the end of the stream. */
export interface ValidationReport {
  /** From the first sample presented to the end of the last one, over all tracks, in seconds. */
  readonly duration: number
  /** In the order of the `moov`. */
  readonly tracks: readonly TrackReport[]
  /** Number of fragments that passed. */
  readonly fragments: number
  /** Bytes that passed. */
  readonly bytes: number
  /**
   * Whether the whole stream was checked and every box closed. `false` after the consumer stopped early, and,
   * with `strict` off, if the boxes could not be followed to the end.
   */
  readonly complete: boolean
  /** The first 100 warnings. */
  readonly warnings: readonly ValidationWarning[]
  /** Their total number. */
  readonly warningCount: number
}

/** Warnings kept in a report; the event comes for all of them. */
export const MAX_REPORTED_WARNINGS = 100

import type { Mp4ErrorCode } from '../../errors.js'
import type { Mp4Track, TrackKind } from '../movie/track.js'

/** What `Fmp4Validator` tells: its events and its report. Times are seconds unless they are called ticks. */

/** Codes of what is no error: the stream is as the standard allows, but somebody should know. */
export const MP4_WARNING_CODES = [
  'AVIO_WARN_MP4_TFDT_GAP',
  'AVIO_WARN_MP4_HEV1',
  'AVIO_WARN_MP4_NO_EDIT_LIST',
  'AVIO_WARN_MP4_EDIT_IGNORED',
] as const

/** A code of a warning. */
export type Mp4WarningCode = (typeof MP4_WARNING_CODES)[number]

/**
 * Something that is worth knowing: one of {@link MP4_WARNING_CODES}, or, where `strict` is off, what would have been
 * an error (then it is the `Mp4Error` itself).
 */
export interface ValidationWarning {
  readonly code: Mp4WarningCode | Mp4ErrorCode
  /** What it is, and what to do. */
  readonly message: string
  /** Where in the stream the box begins. */
  readonly byteOffset?: number
  /** The way to the box: `moof[3]/traf[0]/tfdt`. */
  readonly boxPath?: string
  /** The track, by its `track_ID`. */
  readonly trackId?: number
}

/** The `init` event: what the stream announces about itself. */
export interface Fmp4Init {
  /** Ticks per second of an edit's `segmentDuration`. */
  readonly timescale: number
  readonly tracks: readonly Mp4Track[]
  /** Length of the initialization segment, in bytes: all from the start of the stream to the end of `moov`. */
  readonly byteLength: number
}

/** What a fragment has of one track. */
export interface Fmp4FragmentTrack {
  readonly trackId: number
  /** Decode time of its first sample, in seconds. */
  readonly start: number
  /** In seconds. */
  readonly duration: number
  /** `start` in the track's timescale, exactly. */
  readonly startTicks: number
  /** `duration` in the track's timescale, exactly. */
  readonly durationTicks: number
  readonly sampleCount: number
  /** Size of its samples, in bytes. */
  readonly byteLength: number
  /** Whether its first sample is a sync sample, so that decoding can begin there. */
  readonly sync: boolean
}

/** The `fragment` event, once all of a fragment has passed and was found well. */
export interface Fmp4Fragment {
  /** Number of the fragment, from its `mfhd`. */
  readonly sequence: number
  /** Where its `moof` begins in the stream. */
  readonly byteOffset: number
  /** From there to the end of its media data. */
  readonly byteLength: number
  /** The tracks that it has samples of, in the order of its `traf`s. */
  readonly tracks: readonly Fmp4FragmentTrack[]
}

/** What a report says of one track. */
export interface TrackReport {
  readonly id: number
  readonly kind: TrackKind
  readonly codec: string
  /** Decode time of the first sample, in seconds; 0 for a track without samples. */
  readonly start: number
  /** From the first sample shown to the end of the last one, edit list applied, in seconds. */
  readonly duration: number
  readonly sampleCount: number
  /** Size of its samples, in bytes. */
  readonly byteLength: number
}

/** The `report` event, before the end of the stream. */
export interface ValidationReport {
  /** From the first thing shown or heard to the end of the last, over all tracks, in seconds. */
  readonly duration: number
  readonly tracks: readonly TrackReport[]
  readonly fragments: number
  /** Bytes that passed. */
  readonly bytes: number
  /**
   * Whether the whole stream was looked at and every box closed. `false` after the consumer wanted no more, and,
   * where `strict` is off, when the boxes could not be followed to the end.
   */
  readonly complete: boolean
  /** The first 100 warnings. */
  readonly warnings: readonly ValidationWarning[]
  /** How many there were in all. */
  readonly warningCount: number
}

/** How many warnings a report keeps; the event comes for all of them. */
export const MAX_REPORTED_WARNINGS = 100

import type { Mp4Track } from '../../mp4/movie/track.js'

/**
 * Renditions and their segments, the input for HLS playlists and a DASH manifest. Names are relative to the
 * root of the storage; times are in seconds unless called ticks.
 */

/** How a presentation is published: complete at the end, growing from its start, or as a sliding window. */
export type PresentationMode = 'vod' | 'event' | 'live'

/** How media are stored: an object per segment, or one per rendition. */
export type PresentationLayout = 'segments' | 'byterange'

/** Stored bytes: an object, or a range of one. */
export interface StoredBytes {
  /** Name of the object, relative to the storage's root: `720p/segment-00001.m4s`. */
  readonly name: string
  /** Their offset in the object; 0 for a whole object. */
  readonly offset: number
  /** Their number. */
  readonly byteLength: number
  /** Whether they are part of a larger object (layout `byterange`). */
  readonly isRange: boolean
}

/** An initialization segment: `ftyp` and `moov`. */
export interface InitSegment extends StoredBytes {
  /** One video track, one audio track, or both. */
  readonly tracks: readonly Mp4Track[]
  /** The track that segments are cut and timed by: the video track or, without video, the audio track. */
  readonly track: Mp4Track
  /**
   * The offset from a decode time of `track` to its presentation time, according to its edit list, in ticks of
   * `track.timescale`: minus the priming for audio (−1024 for ffmpeg's AAC). For video it is 0, unless an edit
   * skips frames: composition offsets start at 0, and delays are in the decode times.
   */
  readonly shiftTicks: number
}

/** A part of a rendition without a discontinuity. */
export interface Stretch {
  /** Its start on the rendition's timeline, in seconds. */
  readonly start: number
  /** Decode time (`tfdt`) of its first sample, in ticks of the timing track. */
  readonly startTicks: number
}

/** A media segment. */
export interface MediaSegment extends StoredBytes {
  /** From 1, within its rendition; object names contain it. A live window starts with a later one. */
  readonly number: number
  /** The initialization segment that it needs. */
  readonly init: InitSegment
  /** Its start on the presentation's timeline: the total duration of the segments before it. */
  readonly start: number
  /** Presented duration: audio priming, before its time 0, does not count. */
  readonly duration: number
  /** Decode time (`tfdt`) of its first sample of `init.track`, in ticks of `init.track.timescale`. */
  readonly startTicks: number
  /** `duration` in the same unit: to the start of the next segment, or to the end of the last sample. */
  readonly durationTicks: number
  /** Its number of samples of `init.track`. */
  readonly sampleCount: number
  /** Their total duration, in seconds: less than the segment's if there is a gap. */
  readonly sampleDuration: number
  /** Whether it does not continue the previous segment: a gap in time, or other tracks. */
  readonly discontinuity: boolean
  /** Its stretch: from the last discontinuity on. */
  readonly stretch: Stretch
  /** The wall clock at its start, if known. */
  readonly dateTime: Date | undefined
}

/** A rendition: one encoding of the video, the audio, or both. */
export interface Rendition {
  /** Its name, and that of its directory in the storage. */
  readonly name: string
  /** The name shown to people; by default `name`. */
  readonly label: string
  /** `video` even if it contains audio. */
  readonly kind: 'video' | 'audio'
  /** The group of an audio rendition; `undefined` for video. */
  readonly groupId: string | undefined
  /** BCP 47: as stated, or from the track; `undefined` if neither has one. */
  readonly language: string | undefined
  /** Whether players choose it in its group if the user has no preference. */
  readonly isDefault: boolean
  /** Whether players may choose it in its group based on the user's settings. */
  readonly autoselect: boolean
  /** Name of its media playlist, relative to the storage's root. */
  readonly playlist: string
  /** RFC 6381 codecs, one for each track and initialization segment, without duplicates. */
  readonly codecs: readonly string[]
  /** Frames per second: the highest over all segments; `undefined` for audio. */
  readonly frameRate: number | undefined
  /** Display size of the video, in pixels. */
  readonly width: number | undefined
  /** See `width`. */
  readonly height: number | undefined
  /** Channels of its audio track. */
  readonly channels: number | undefined
  /** The video range, if stated. */
  readonly videoRange: 'SDR' | 'PQ' | 'HLG' | undefined
  /** The peak, as RFC 8216bis §4.4.6.2 defines it, in bits per second. */
  readonly bandwidth: number
  /** The overall average, in bits per second. */
  readonly averageBandwidth: number
  /** Listed segments: all, or the window of a live stream. */
  readonly segments: readonly MediaSegment[]
  /** Number of segments with `discontinuity` before the first listed one. */
  readonly discontinuitiesBefore: number
  /** Whether no more segments will come. */
  readonly isEnded: boolean
}

/** An image with several thumbnails in rows. */
export interface StoredSheet extends StoredBytes {
  /** Its duration, in seconds. */
  readonly duration: number
  /** Number of thumbnails. */
  readonly tiles: number
  /** Thumbnails per row. */
  readonly columns: number
  /** Number of rows. */
  readonly rows: number
}

/** Thumbnails for a player's seek bar. */
export interface ImageTrack {
  /** Its name, and that of its directory. */
  readonly name: string
  /** Name of its playlist, relative to the storage's root. */
  readonly playlist: string
  /** Image format: `jpeg`. */
  readonly codec: string
  /** Size of one thumbnail, in pixels. */
  readonly width: number
  /** See `width`. */
  readonly height: number
  /** Of the largest sheet, in bits per second. */
  readonly bandwidth: number
  /** In the order of their times. */
  readonly sheets: readonly StoredSheet[]
}

/** A complete presentation. */
export interface Presentation {
  /** How it is published. */
  readonly mode: PresentationMode
  /** How its media are stored. */
  readonly layout: PresentationLayout
  /** The upper limit of any rounded segment duration, in whole seconds. The same for all renditions. */
  readonly targetDuration: number
  /** In the order of their creation. */
  readonly renditions: readonly Rendition[]
  /** Thumbnails for seek bars. A manifest with several periods lists none. */
  readonly images?: readonly ImageTrack[]
  /** Of the longest rendition, in seconds: everything listed so far, even if a window has moved on. */
  readonly duration: number
  /** Whether no more segments will come, of any rendition. */
  readonly isEnded: boolean
  /** Number of segments in the window, for `live`. */
  readonly windowSize: number | undefined
}

import type { Mp4Track } from '../../mp4/movie/track.js'

/**
 * What is presented: renditions and their segments, as HLS playlists and a DASH manifest are written from it. Names
 * are those of the storage, from its root; times are seconds unless they are called ticks.
 */

/** How a presentation comes to be: whole at the end, growing from its beginning, or as a window that moves on. */
export type PresentationMode = 'vod' | 'event' | 'live'

/** How media is stored: an object for each segment, or one for all of a rendition. */
export type PresentationLayout = 'segments' | 'byterange'

/** Bytes that are stored: an object, or a range of one. */
export interface StoredBytes {
  /** Name of the object, from the root of the storage: `720p/segment-00001.m4s`. */
  readonly name: string
  /** Where in the object they begin; 0 where they are all of it. */
  readonly offset: number
  /** How many, in bytes. */
  readonly byteLength: number
  /** Whether they are a part of a larger object (layout `byterange`). */
  readonly isRange: boolean
}

/** An initialization segment: `ftyp` and `moov`. */
export interface InitSegment extends StoredBytes {
  /** One video track, one audio track, or both. */
  readonly tracks: readonly Mp4Track[]
  /** The track by which segments are cut and timed: the video track, or the audio track where there is no video. */
  readonly track: Mp4Track
  /**
   * What has to be added to a decode time of `track` to get when it is presented, as its edit list has it, in ticks of
   * `track.timescale`: minus the priming for audio (−1024 for ffmpeg's AAC). For video it is 0, unless an edit skips
   * pictures: composition offsets begin with 0, and waits are in the decode times.
   */
  readonly shiftTicks: number
}

/** A stretch of a rendition without a discontinuity. */
export interface Stretch {
  /** When it begins on the time line of the rendition, in seconds. */
  readonly start: number
  /** Decode time (`tfdt`) of its first sample, in ticks of the track that segments are timed by. */
  readonly startTicks: number
}

/** A media segment. */
export interface MediaSegment extends StoredBytes {
  /** From 1, within its rendition; numbers of objects are these. A live window begins with a later one. */
  readonly number: number
  readonly init: InitSegment
  /** When it begins on the time line of the presentation: what the segments before it last, together. */
  readonly start: number
  /** Of what is presented: the priming of sound, before its time 0, does not count. */
  readonly duration: number
  /** Decode time (`tfdt`) of its first sample of `init.track`, in ticks of `init.track.timescale`. */
  readonly startTicks: number
  /** `duration` in the same: to the start of the next segment, or to the end of the last sample. */
  readonly durationTicks: number
  /** How many samples of `init.track` it has. */
  readonly sampleCount: number
  /** How long these are together, in seconds: less than it lasts where there is a gap. */
  readonly sampleDuration: number
  /** Whether it does not go on where the segment before it ended: a jump in time, or other tracks. */
  readonly discontinuity: boolean
  /** The stretch that it belongs to: from the last discontinuity on. */
  readonly stretch: Stretch
  /** The wall clock at its beginning, where that is known. */
  readonly dateTime: Date | undefined
}

/** A rendition: one coding of the picture, the sound, or both. */
export interface Rendition {
  /** Its name, and that of its folder in the storage. */
  readonly name: string
  /** What people are to see; the name, unless another one was stated. */
  readonly label: string
  /** `video` also where the sound is within. */
  readonly kind: 'video' | 'audio'
  /** The group of audio renditions that it is one of; `undefined` for video. */
  readonly groupId: string | undefined
  /** BCP 47: as stated, or as the track says; `undefined` where neither does. */
  readonly language: string | undefined
  /** Whether players take it of its group where the user has no wish. */
  readonly isDefault: boolean
  /** Whether players may take it of its group by what they know of the user. */
  readonly autoselect: boolean
  /** Name of its media playlist, from the root of the storage. */
  readonly playlist: string
  /** Of RFC 6381, one for each track and initialization segment, none twice. */
  readonly codecs: readonly string[]
  /** Pictures a second, measured over segments: the most; `undefined` for audio. */
  readonly frameRate: number | undefined
  /** Size at which the picture is to be shown, in pixels. */
  readonly width: number | undefined
  readonly height: number | undefined
  /** Channels of its audio track. */
  readonly channels: number | undefined
  /** How brightness is coded, where the file tells. */
  readonly videoRange: 'SDR' | 'PQ' | 'HLG' | undefined
  /** The peak, as RFC 8216bis §4.4.6.2 defines it, in bits per second. */
  readonly bandwidth: number
  /** Over all, in bits per second. */
  readonly averageBandwidth: number
  /** What is listed: all, or the window of a live stream. */
  readonly segments: readonly MediaSegment[]
  /** How many segments with `discontinuity` there were before the first listed one. */
  readonly discontinuitiesBefore: number
  /** Whether no more segments will come. */
  readonly isEnded: boolean
}

/** An image of several pictures, side by side and in rows. */
export interface StoredSheet extends StoredBytes {
  /** How long it is for, in seconds. */
  readonly duration: number
  /** How many pictures it has. */
  readonly tiles: number
  /** Pictures in a row, and rows. */
  readonly columns: number
  readonly rows: number
}

/** Pictures for a player's seek bar. */
export interface ImageTrack {
  readonly name: string
  /** Name of its playlist, from the root of the storage. */
  readonly playlist: string
  /** How images are coded: `jpeg`. */
  readonly codec: string
  /** Size of one picture, in pixels. */
  readonly width: number
  readonly height: number
  /** Of the heaviest sheet, in bits per second. */
  readonly bandwidth: number
  readonly sheets: readonly StoredSheet[]
}

/** All that belongs together. */
export interface Presentation {
  readonly mode: PresentationMode
  readonly layout: PresentationLayout
  /** What no segment's duration exceeds when it is rounded, in whole seconds. The same for all renditions. */
  readonly targetDuration: number
  /** In the order in which they were asked for. */
  readonly renditions: readonly Rendition[]
  /** Pictures for seek bars. A manifest of several periods lists none. */
  readonly images?: readonly ImageTrack[]
  /** Of the longest rendition, in seconds: what was listed so far, also where a window has moved on. */
  readonly duration: number
  /** Whether no more segments will come, of any rendition. */
  readonly isEnded: boolean
  /** How many segments the window has, for `live`. */
  readonly windowSize: number | undefined
}

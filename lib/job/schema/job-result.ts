import type { MediaInfo } from '../../ffmpeg/report/media-info.js'

/** The result of `runJob`, as plain JSON: references, not media. */
export interface JobResult {
  readonly version: 1
  /** The inputs, in their order: each with the version from which all outputs were made. */
  readonly inputs: readonly JobInputResult[]
  /** The stored outputs, in their order. */
  readonly outputs: readonly JobOutputResult[]
}

/** The version read of an input, as far as it is known. */
export interface ReadVersion {
  readonly bytes?: number
  readonly etag?: string
  readonly versionId?: string
}

/** An input. */
export interface JobInputResult extends ReadVersion {
  /** Its location, without the query of a URL. */
  readonly url: string
}

/** A stored output. */
export type JobOutputResult =
  JobObjectResult | JobPackageResult | JobThumbnailsResult | JobStoryboardResult | JobProbeResult

/** One object. */
export interface JobObjectResult {
  readonly type: 'object'
  readonly url: string
  /** Its size. Absent for standard output. */
  readonly bytes?: number
  /** In S3 only. */
  readonly etag?: string
  readonly versionId?: string
}

/** A package. */
export interface JobPackageResult {
  readonly type: 'package'
  readonly prefix: string
  /** Names below the prefix: the media playlists, the manifest, and last the multivariant playlist. */
  readonly playlists: readonly string[]
  /** The directory of this run's objects, below the prefix. */
  readonly run: string
  readonly segments: number
  readonly bytes: number
  /** The duration of the longest rendition, in seconds. */
  readonly duration: number
  /** Objects that could not be removed. */
  readonly leftBehind: readonly string[]
}

/** Thumbnails. */
export interface JobThumbnailsResult {
  readonly type: 'thumbnails'
  readonly prefix: string
  /** Names below the prefix, each with its requested time in seconds. */
  readonly images: readonly { readonly name: string; readonly time: number }[]
}

/** Sheets of thumbnails. */
export interface JobStoryboardResult {
  readonly type: 'storyboard'
  readonly prefix: string
  /** Names below the prefix. */
  readonly sheets: readonly string[]
  /** The name of the WebVTT index for players, below the prefix. */
  readonly vtt: string
}

/** A report on an input. */
export interface JobProbeResult {
  readonly type: 'probe'
  readonly info: MediaInfo
  /** The location of the report, if it is stored. */
  readonly url?: string
}

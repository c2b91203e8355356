import type { MediaInfo } from '../../ffmpeg/report/media-info.js'

/** What `runJob` has made, as plain JSON: references, never media. */
export interface JobResult {
  readonly version: 1
  /** What was read, in the order of the inputs: the version that all outputs were made of. */
  readonly inputs: readonly JobInputResult[]
  /** What was stored, in the order of the outputs. */
  readonly outputs: readonly JobOutputResult[]
}

/** The version of an input that was read, as far as it is known. */
export interface ReadVersion {
  readonly bytes?: number
  readonly etag?: string
  readonly versionId?: string
}

/** An input that was read. */
export interface JobInputResult extends ReadVersion {
  /** Its location, without the query of a URL. */
  readonly url: string
}

/** One output that was stored. */
export type JobOutputResult =
  JobObjectResult | JobPackageResult | JobThumbnailsResult | JobStoryboardResult | JobProbeResult

/** One object. */
export interface JobObjectResult {
  readonly type: 'object'
  readonly url: string
  /** Its size. Absent for standard output. */
  readonly bytes?: number
  /** In S3. */
  readonly etag?: string
  readonly versionId?: string
}

/** A package. */
export interface JobPackageResult {
  readonly type: 'package'
  readonly prefix: string
  /** Below the prefix: the media playlists, the manifest, and the multivariant playlist at the end. */
  readonly playlists: readonly string[]
  /** The directory of this run's objects, below the prefix. */
  readonly run: string
  readonly segments: number
  readonly bytes: number
  /** Of the longest rendition, in seconds. */
  readonly duration: number
  /** Objects that could not be removed. */
  readonly leftBehind: readonly string[]
}

/** Pictures. */
export interface JobThumbnailsResult {
  readonly type: 'thumbnails'
  readonly prefix: string
  /** Below the prefix, with the time that each was asked for, in seconds. */
  readonly images: readonly { readonly name: string; readonly time: number }[]
}

/** Sheets of pictures. */
export interface JobStoryboardResult {
  readonly type: 'storyboard'
  readonly prefix: string
  /** Below the prefix. */
  readonly sheets: readonly string[]
  /** The map that players read, below the prefix. */
  readonly vtt: string
}

/** Facts about an input. */
export interface JobProbeResult {
  readonly type: 'probe'
  readonly info: MediaInfo
  /** Where it is stored, if anywhere. */
  readonly url?: string
}

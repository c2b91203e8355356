import type { MediaInfo } from '../../ffmpeg/report/media-info.js'

/** The result of `runJob`, as plain JSON: references, not media. */
export interface JobResult {
  /** The version of this format. */
  readonly version: 1
  /** The inputs, in their order: each with the version from which all outputs were made. */
  readonly inputs: readonly JobInputResult[]
  /** The stored outputs, in their order. */
  readonly outputs: readonly JobOutputResult[]
  /** Of a job in pieces: pieces that could not be removed after its output was stored. Absent if none are left. */
  readonly workLeft?: WorkLeft
}

/** Pieces that could not be removed once the result was stored. They do no harm, but are billed. */
export interface WorkLeft {
  /** Everything below it belongs to the plan: `s3://bucket/<work prefix><hash>/`. */
  readonly url: string
  /** The code of the error, if it is one of this library. */
  readonly code?: string
  /** Why, and how to remove them later. */
  readonly message: string
}

/** The version read of an input, as far as it is known. */
export interface ReadVersion {
  /** Size in bytes. */
  readonly bytes?: number
  /** The ETag, with its quotes; of a file or a URL as `FileSource` and `HttpSource` name it. */
  readonly etag?: string
  /** The version ID, in a bucket that keeps versions. */
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
  /** As in the job. */
  readonly type: 'object'
  /** Its location, as in the job. */
  readonly url: string
  /** Its size. Absent for standard output. */
  readonly bytes?: number
  /** In S3 only. */
  readonly etag?: string
  /** The version ID, in a bucket that keeps versions. */
  readonly versionId?: string
}

/** A package. */
export interface JobPackageResult {
  /** As in the job. */
  readonly type: 'package'
  /** Its location, as in the job. */
  readonly prefix: string
  /** Names below the prefix: the media playlists, the manifest, and last the multivariant playlist. */
  readonly playlists: readonly string[]
  /** The directory of this run's objects, below the prefix. */
  readonly run: string
  /** Number of media segments, over all renditions. */
  readonly segments: number
  /** Stored bytes of media and initialization segments. */
  readonly bytes: number
  /** The duration of the longest rendition, in seconds. */
  readonly duration: number
  /** Objects that could not be removed. */
  readonly leftBehind: readonly string[]
}

/** Thumbnails. */
export interface JobThumbnailsResult {
  /** As in the job. */
  readonly type: 'thumbnails'
  /** Their location, as in the job. */
  readonly prefix: string
  /** Names below the prefix, each with its requested time in seconds. */
  readonly images: readonly { readonly name: string; readonly time: number }[]
}

/** Sheets of thumbnails. */
export interface JobStoryboardResult {
  /** As in the job. */
  readonly type: 'storyboard'
  /** Its location, as in the job. */
  readonly prefix: string
  /** Names below the prefix. */
  readonly sheets: readonly string[]
  /** The name of the WebVTT index for players, below the prefix. */
  readonly vtt: string
}

/** A report on an input. */
export interface JobProbeResult {
  /** As in the job. */
  readonly type: 'probe'
  /** What `probe` found. */
  readonly info: MediaInfo
  /** The location of the report, if it is stored. */
  readonly url?: string
}

export { BytesObject } from './io/bytes-object.js'
export { FileObject } from './io/file-object.js'
export type { DigestAlgorithm } from './io/digest.js'
export { FileWritable } from './io/file-writable.js'
export type { FileResult, FileWritableOptions } from './io/file-writable-options.js'
export { HttpObject } from './io/http-object.js'
export type { HttpObjectOptions } from './io/http-options.js'
export { CommitGroup } from './io/commit-group.js'
export type { ClaimedHead, HeadClaim } from './io/head-claim.js'
export { COMMIT, type Committed, type HeldCommit, commitOf } from './io/held-commit.js'
export { LINK, type Link, type Linked, isSoleConsumer, linkOf } from './io/link.js'
export type { RandomAccess } from './io/random-access.js'
export {
  AVIO_ERROR_CODES,
  AvioError,
  type AvioErrorCode,
  CommitError,
  type CommitErrorFields,
  FFMPEG_ERROR_CODES,
  FILE_ERROR_CODES,
  FfmpegError,
  type FfmpegErrorCode,
  type FfmpegErrorFields,
  FileError,
  type FileErrorCode,
  type FileErrorFields,
  GENERAL_ERROR_CODES,
  HLS_ERROR_CODES,
  HlsError,
  type HlsErrorCode,
  type HlsErrorFields,
  MATROSKA_ERROR_CODES,
  MatroskaError,
  type MatroskaErrorCode,
  type MatroskaErrorFields,
  MP4_ERROR_CODES,
  Mp4Error,
  type Mp4ErrorCode,
  type Mp4ErrorFields,
  OptionError,
  S3_ERROR_CODES,
  S3Error,
  type S3ErrorCode,
  type S3ErrorFields,
  SOURCE_ERROR_CODES,
  SourceError,
  type SourceErrorCode,
  type SourceErrorFields,
} from './errors.js'
export type {
  FfmpegEnough,
  FfmpegGraphEnough,
  FfmpegGraphEvents,
  FfmpegGraphSeek,
  FfmpegReadableEvents,
  FfmpegSeek,
  FfmpegSpawn,
  FfmpegTransformEvents,
  SeekReason,
} from './ffmpeg/ffmpeg-events.js'
export { FfmpegGraph, type FfmpegGraphResult } from './ffmpeg/ffmpeg-graph.js'
export type {
  FfmpegDemuxerOptions,
  FfmpegGraphInput,
  FfmpegGraphOptions,
  FfmpegInputOptions,
  FfmpegOptions,
  FfmpegOutputOptions,
  FfmpegPipeOptions,
  FfmpegReadableOptions,
  FfmpegRunOptions,
  FfmpegSourceOptions,
  FfmpegTransformOptions,
} from './ffmpeg/ffmpeg-options.js'
export { FfmpegReadable } from './ffmpeg/ffmpeg-readable.js'
export { FfmpegTransform } from './ffmpeg/ffmpeg-transform.js'
export type {
  FfmpegInput,
  InputNote,
  InputStreamInfo,
  MissingStream,
  OnMissing,
  StreamLeftOut,
  StreamTarget,
} from './ffmpeg/input-streams.js'
export type { CoverChoice, OutputLayout } from './ffmpeg/layout.js'
export { HELD_HEADS, HeldHead, type HeldHeadFormat, type HeldHeadOptions } from './ffmpeg/held-head.js'
export { type KeyFrame, type KeyFrames, type KeyframesOptions, keyframes } from './ffmpeg/keyframes.js'
export type { FfmpegLimits } from './ffmpeg/limits.js'
export {
  type FfmpegOrigin,
  type LoadFfmpegStatic,
  type LocatedFfmpeg,
  locateFfmpeg,
} from './ffmpeg/locate.js'
export { type FfprobeOrigin, type LocatedFfprobe, locateFfprobe } from './ffmpeg/locate-ffprobe.js'
export type { FfmpegLogEntry, FfmpegLogLevel } from './ffmpeg/log.js'
export type {
  MediaChapter,
  MediaColour,
  MediaFormat,
  MediaHdr,
  MediaInfo,
  MediaStreamInfo,
  MediaStreamType,
} from './ffmpeg/media-info.js'
export { probe } from './ffmpeg/probe.js'
export type { ProbeLimits, ProbeOptions } from './ffmpeg/probe-options.js'
export type { FfmpegProgress } from './ffmpeg/progress.js'
export { FolderStorage, type FolderStorageOptions } from './hls/folder-storage.js'
export { S3Storage, type S3StorageOptions } from './hls/s3-storage.js'
export { type SegmentStorage, type StoredObjectInfo, contentTypeOf } from './hls/storage.js'
export { CmafPackager, type PackagingResult } from './hls/cmaf-packager.js'
export type { ImageSheet, ImageTile, ImagesOptions } from './hls/image-store.js'
export type { CmafPackagerOptions, PackagerLimits } from './hls/packager-options.js'
export type {
  ImageTrack,
  InitSegment,
  MediaSegment,
  Presentation,
  PresentationLayout,
  PresentationMode,
  Rendition,
  StoredBytes,
  StoredSheet,
  Stretch,
} from './hls/presentation.js'
export type { RenditionOptions } from './hls/rendition-options.js'
export type { RenditionWritable } from './hls/rendition-writable.js'
export { type ClipOptions, clip } from './jobs/clip.js'
export type { JobOptions } from './jobs/job-options.js'
export { type SpriteSheetTiles, type SpriteTile, webvtt } from './jobs/sprite-map.js'
export { type SpriteSheet, type SpritesOptions, sprites } from './jobs/sprites.js'
export type { ThumbnailTimes } from './jobs/thumbnail-times.js'
export { type Thumbnail, type ThumbnailsOptions, thumbnails } from './jobs/thumbnails.js'
export {
  type TranscodeInput,
  type TranscodeOptions,
  type TranscodeOutput,
  type TranscodeResult,
  transcode,
} from './jobs/transcode.js'
export { Fmp4Validator, type Fmp4ValidatorEvents, type Fmp4ValidatorOptions } from './mp4/fmp4-validator.js'
export type { Mp4Edit, SampleDefaults } from './mp4/mux.js'
export { ProgressiveMp4, type ProgressiveMp4Options } from './mp4/progressive-mp4.js'
export type { Mp4Track, TrackKind } from './mp4/track.js'
export {
  type Fmp4Fragment,
  type Fmp4FragmentTrack,
  type Fmp4Init,
  MP4_WARNING_CODES,
  type Mp4WarningCode,
  type TrackReport,
  type ValidationReport,
  type ValidationWarning,
} from './mp4/validation.js'
export type { GetObjectRequest } from './s3/get-input.js'
export type { Transport } from './s3/get-range.js'
export type { S3ObjectInfo } from './s3/object-pin.js'
export type { S3ReadOptions } from './s3/read-options.js'
export type { S3ClientOption } from './s3/s3-client.js'
export type { S3Location, S3LocationOptions } from './s3/s3-location.js'
export { S3MultipartWritable, type S3MultipartWritableEvents } from './s3/s3-multipart-writable.js'
export { S3Object, type S3ObjectOptions } from './s3/s3-object.js'
export {
  type ReadProgress,
  S3RangeReadable,
  type S3RangeReadableEvents,
  type S3RangeReadableOptions,
} from './s3/s3-range-readable.js'
export type { S3Verification } from './s3/whole-check.js'
export { abortStaleUploads, type AbortStaleUploadsOptions, type StaleUpload } from './s3/stale-uploads.js'
export type { S3MultipartWritableOptions, UploadResult, UploadSummary } from './s3/upload-options.js'
export type { UploadRequest } from './s3/upload-request.js'
export type { UploadChecksum } from './s3/upload-requests.js'

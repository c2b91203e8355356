export { BytesSource, type BytesSourceOptions } from './io/sources/bytes-source.js'
export type { ReadStreamOptions } from './io/sources/source-readable.js'
export { FileSource, type FileSourceOptions } from './io/sources/file-source.js'
export type { DigestAlgorithm } from './io/checksums/digest.js'
export { FileWritable } from './io/file/file-writable.js'
export type { FileResult, FileWritableOptions } from './io/file/file-writable-options.js'
export { HttpSource } from './io/sources/http-source.js'
export type { HttpSourceOptions } from './io/sources/http-options.js'
export type { HttpAllow } from './io/sources/http-allow.js'
export type {
  DiagnosticsMessages,
  PartMessage,
  ProcessMessage,
  RequestFailure,
  RequestMessage,
  RequestSubject,
  RetryMessage,
  StageMessage,
  Timing,
} from './io/diagnostics/messages.js'
export { CommitGroup, type CommitGroupOptions } from './io/pipeline/commit-group.js'
export type {
  DuplexEvents,
  ReadableEvents,
  StreamEvents,
  TypedListener,
  WritableEvents,
} from './io/pipeline/typed-listeners.js'
export { type MemoryUse, memoryUse, setMemoryBudget } from './io/memory/memory-budget.js'
export type { RandomAccess, ReadIntoOptions } from './io/random-access.js'
export {
  type Monitor,
  type MonitorOptions,
  type MonitorSnapshot,
  type ProcessSnapshot,
  type StageSnapshot,
  monitor,
} from './io/monitor/monitor.js'
export type { MonitoredStage } from './io/monitor/stage-streams.js'
export type { Bottleneck } from './io/monitor/bottleneck.js'
export type { StageState } from './io/monitor/stage-times.js'
export {
  AVIO_ERROR_CODES,
  AvioError,
  type AvioErrorCode,
  type AvioErrorJson,
  type AvioErrorOptions,
  CommitError,
  type CommitErrorFields,
  FfmpegError,
  type FfmpegErrorCode,
  type FfmpegErrorFields,
  FileError,
  type FileErrorCode,
  type FileErrorFields,
  HlsError,
  type HlsErrorCode,
  type HlsErrorFields,
  JobError,
  type JobErrorCode,
  type JobErrorFields,
  MatroskaError,
  type MatroskaErrorCode,
  type MatroskaErrorFields,
  Mp4Error,
  type Mp4ErrorCode,
  type Mp4ErrorFields,
  OptionError,
  PlanError,
  type PlanErrorCode,
  type PlanErrorFields,
  QueueError,
  type QueueErrorCode,
  type QueueErrorFields,
  S3Error,
  type S3ErrorCode,
  type S3ErrorFields,
  SourceError,
  type SourceErrorCode,
  type SourceErrorFields,
} from './errors.js'
export type {
  FfmpegEarlyExit,
  FfmpegProcessEarlyExit,
  FfmpegProcessEvents,
  FfmpegProcessSeek,
  FfmpegReadableEvents,
  FfmpegRunEvents,
  FfmpegSpawn,
  FfmpegTransformEvents,
} from './ffmpeg/run/ffmpeg-events.js'
export { FfmpegProcess, type FfmpegProcessResult } from './ffmpeg/ffmpeg-process.js'
export type {
  FfmpegDemuxerOptions,
  FfmpegProcessInput,
  FfmpegProcessOptions,
  FfmpegInputOptions,
  FfmpegOptions,
  FfmpegOutputOptions,
  FfmpegPipeOptions,
  FfmpegCoverOutput,
  FfmpegFileOutput,
  FfmpegOutputSettings,
  FfmpegReadableOptions,
  FfmpegSource,
  FfmpegStreamOutput,
  OneInput,
  SeveralInputs,
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
} from './ffmpeg/streams/input-info.js'
export type { FfmpegSeek, SeekReason } from './ffmpeg/route/seek-reason.js'
export { type CoverMuxer, type FileMuxer, type KnownMuxer, isFileMuxer } from './ffmpeg/args/muxers.js'
export type { CoverChoice, OutputLayout } from './ffmpeg/args/output-layout.js'
export {
  DEFERRED_HEADERS,
  DeferredHeader,
  type DeferredHeaderFormat,
  type DeferredHeaderOptions,
} from './ffmpeg/headers/deferred-header.js'
export {
  type KeyFrame,
  type KeyFrames,
  type KeyframesOptions,
  type KeyframesSourceOptions,
  keyframes,
} from './ffmpeg/probe/keyframes.js'
export type { FfmpegLimits } from './ffmpeg/limits/limits.js'
export {
  type FfmpegOrigin,
  type LoadFfmpegStatic,
  type LocatedFfmpeg,
  locateFfmpeg,
} from './ffmpeg/binary/locate-ffmpeg.js'
export { type FfprobeOrigin, type LocatedFfprobe, locateFfprobe } from './ffmpeg/binary/locate-ffprobe.js'
export type { FfmpegLogEntry, FfmpegLogLevel } from './ffmpeg/log/log.js'
export type {
  MediaChapter,
  MediaColor,
  MediaFormat,
  MediaHdr,
  MediaInfo,
  MediaStreamInfo,
  MediaStreamType,
} from './ffmpeg/report/media-info.js'
export { probe } from './ffmpeg/probe/probe.js'
export type { ProbeLimits, ProbeOptions, ProbeSourceOptions } from './ffmpeg/probe/probe-options.js'
export type { FfmpegProgress } from './ffmpeg/log/progress.js'
export { DirectoryStorage, type DirectoryStorageOptions } from './hls/storage/directory-storage.js'
export { S3Storage, type S3StorageOptions } from './hls/storage/s3-storage.js'
export { type SegmentStorage, type StoredObjectInfo, contentTypeOf } from './hls/storage/segment-storage.js'
export { CmafPackager } from './hls/cmaf-packager.js'
export type { PackagingResult } from './hls/packaging-result.js'
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
} from './hls/presentation/presentation.js'
export type { RenditionOptions } from './hls/rendition/rendition-options.js'
export type { RenditionWritable } from './hls/rendition/rendition-writable.js'
export { type ClipOptions, clip } from './tasks/clip/clip.js'
export type { TaskOptions } from './tasks/task-options.js'
export { type SpriteSheetTiles, storyboardVtt } from './tasks/storyboard/storyboard-vtt.js'
export {
  type SpriteSheet,
  type SheetOptions,
  type StoryboardOptions,
  storyboard,
} from './tasks/storyboard/storyboard.js'
export type {
  PictureCount,
  PicturesAtTimes,
  PicturesEvery,
  ThumbnailTimes,
} from './tasks/thumbnails/thumbnail-times.js'
export {
  type Thumbnail,
  type PictureOptions,
  type ThumbnailsOptions,
  thumbnails,
} from './tasks/thumbnails/thumbnails.js'
export {
  type SinkResult,
  type TranscodeInput,
  type TranscodeOptions,
  type TranscodeOutput,
  type TranscodeResult,
  type TranscodeSettings,
  type TranscodeSource,
  type TranscodeTarget,
  transcode,
} from './tasks/transcode.js'
export { Fmp4Validator, type Fmp4ValidatorEvents, type Fmp4ValidatorOptions } from './mp4/fmp4-validator.js'
export type { Mp4Edit, SampleDefaults } from './mp4/boxes/leaf-boxes.js'
export { FaststartMp4, type FaststartMp4Options } from './mp4/faststart-mp4.js'
export type { Mp4Track, TrackKind } from './mp4/movie/track.js'
export {
  type Fmp4Fragment,
  type Fmp4FragmentTrack,
  type Fmp4Init,
  MP4_WARNING_CODES,
  type Mp4WarningCode,
  type TrackReport,
  type ValidationReport,
  type ValidationWarning,
} from './mp4/checks/validation-report.js'
export type { GetObjectRequest } from './s3/read/get-request-option.js'
export type { Transport } from './s3/read/get-range.js'
export type { S3ObjectInfo } from './s3/read/version-pin.js'
export type { S3ReadOptions, S3ReadSettings } from './s3/read/read-options.js'
export type { S3ClientOption } from './s3/request/s3-client.js'
export type { S3KeyOptions, S3Location, S3LocationOptions, S3UriOptions } from './s3/request/s3-location.js'
export { S3MultipartWritable, type S3MultipartWritableEvents } from './s3/s3-multipart-writable.js'
export { S3Source, type S3SourceOptions } from './s3/s3-source.js'
export { type ReadProgress, S3RangeReadable, type S3RangeReadableEvents } from './s3/s3-range-readable.js'
export type { S3RangeReadableOptions, S3RangeSettings } from './s3/read/range-options.js'
export type { S3Verification } from './s3/checks/whole-check.js'
export {
  abortStaleUploads,
  type AbortStaleUploadsOptions,
  type StaleUpload,
} from './s3/abort-stale-uploads.js'
export type {
  S3MultipartWritableOptions,
  S3UploadSettings,
  UploadResult,
  UploadSummary,
} from './s3/upload/upload-options.js'
export type {
  UploadCheckpoint,
  UploadCheckpointCommit,
  UploadCheckpointOption,
} from './s3/upload/checkpoint.js'
export type { UploadRequest } from './s3/upload/upload-request-option.js'
export type { PayloadSigning } from './s3/request/request-body.js'
export type { UploadChecksum } from './s3/upload/upload-commands.js'

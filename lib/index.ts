export { LINK, type Link, type Linked, isSoleConsumer, linkOf } from './io/link.js'
export type { RandomAccess } from './io/random-access.js'
export {
  AVIO_ERROR_CODES,
  AvioError,
  type AvioErrorCode,
  FFMPEG_ERROR_CODES,
  FfmpegError,
  type FfmpegErrorCode,
  type FfmpegErrorFields,
  GENERAL_ERROR_CODES,
  MP4_ERROR_CODES,
  Mp4Error,
  type Mp4ErrorCode,
  type Mp4ErrorFields,
  OptionError,
  S3_ERROR_CODES,
  S3Error,
  type S3ErrorCode,
  type S3ErrorFields,
} from './errors.js'
export type { FfmpegEnough, FfmpegSpawn, FfmpegTransformEvents } from './ffmpeg/ffmpeg-events.js'
export type {
  FfmpegInputOptions,
  FfmpegOutputOptions,
  FfmpegTransformOptions,
} from './ffmpeg/ffmpeg-options.js'
export { FfmpegTransform } from './ffmpeg/ffmpeg-transform.js'
export { type LoadFfmpegStatic, locateFfmpeg } from './ffmpeg/locate.js'
export type { FfmpegLogEntry, FfmpegLogLevel } from './ffmpeg/log.js'
export type { FfmpegProgress } from './ffmpeg/progress.js'
export { Fmp4Validator, type Fmp4ValidatorEvents, type Fmp4ValidatorOptions } from './mp4/fmp4-validator.js'
export type { Mp4Edit, SampleDefaults } from './mp4/mux.js'
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
export type { S3MultipartWritableOptions, UploadResult, UploadSummary } from './s3/upload-options.js'
export type { UploadRequest } from './s3/upload-request.js'
export type { UploadChecksum } from './s3/upload-requests.js'

export type {
  Job,
  JobInput,
  JobObject,
  JobOutput,
  JobPackage,
  JobProbe,
  JobRendition,
  JobStoryboard,
  JobThumbnails,
} from './schema/job.js'
export type { AudioEncoding, VideoEncoding } from './schema/encoding.js'
export { jobJsonSchema } from './schema/json-schema.js'
export type { JobLimits } from './schema/limits.js'
export type {
  JobInputResult,
  JobObjectResult,
  JobOutputResult,
  JobPackageResult,
  JobProbeResult,
  JobResult,
  JobStoryboardResult,
  JobThumbnailsResult,
  ReadVersion,
  WorkLeft,
} from './schema/job-result.js'
export { parseJob } from './schema/parse-job.js'
export type { JobSplit } from './schema/split.js'
export type { Unsplit, UnsplitCode } from './encoding/unsplit.js'
export type { GridChunk } from './grid/chunk-grid.js'
export { encodeImages } from './split/encode-images.js'
export { encodeAudio, encodeChunk } from './split/encode-piece.js'
export type { Fingerprint } from './split/fingerprint.js'
export type { PieceContext, PieceProgress } from './split/make-piece.js'
export { joinChunks } from './split/join-chunks.js'
export type { JoinContext } from './split/join-object.js'
export type {
  PieceMedia,
  PieceRendition,
  PieceResult,
  PieceSegments,
  PieceTrack,
} from './split/piece-result.js'
export { type SplitContext, planSplit } from './split/plan-split.js'
export { type PlanReference, readPlan, readResults, storePlan } from './split/stored-plan.js'
export { type RemoveStaleWorkOptions, type StaleWork, removeStaleWork } from './split/remove-stale-work.js'
export { removeWork } from './split/remove-work.js'
export { type RunSplitContext, type SplitProgress, runSplit } from './split/run-split.js'
export type {
  PackageMedia,
  PlannedAudio,
  PlannedImages,
  PlannedObject,
  PlannedPackage,
  PlannedRendition,
  PlannedSource,
  PlannedTarget,
  PlannedVideo,
  SplitPlan,
  UnsplitPlan,
} from './split/split-plan.js'
export type { SplitTerms, SplitTimes } from './grid/split-gain.js'
export type { EncodeSpeed, SplitEstimate } from './split/split-estimate.js'
export type { SplitImages, SplitPackage, SplitRendition } from './split/package-settings.js'
export type { SplitLocation, SplitObject, SplitSpec } from './split/split-spec.js'
export type { SplitPackageResult, SplitResult } from './split/target-state.js'
export type { SegmentSpan } from '../hls/segments/segmenter.js'
export type { PlannedLimits, SplitLimits } from './split/split-limits.js'
export type { JobAllow } from './allow/job-policy.js'
export { planJob } from './plan-job.js'
export { runJob } from './run-job.js'
export { resultOfSplit } from './run-split-job.js'
export type { JobProgress, RunJobOptions } from './run-job-options.js'

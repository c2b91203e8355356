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
export { parseJob } from './schema/parse-job.js'
export type { JobSplit } from './schema/split.js'

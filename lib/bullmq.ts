export {
  type AddBatchOptions,
  type AddedBatch,
  type BatchCounts,
  addBatch,
} from './engines/bullmq/add-batch.js'
export { type AddJobOptions } from './engines/bullmq/add-options.js'
export { type AddedJob, addJob } from './engines/bullmq/add-job.js'
export type { BatchSource } from './engines/batch/batch-objects.js'
export { type CancelOptions, type CancelledJob, cancel } from './engines/bullmq/cancel.js'
export type { QueueConnection } from './engines/bullmq/connection.js'
export { FarmWorker, type FarmStep, type FarmWorkerEvents } from './engines/bullmq/farm-worker.js'
export type { JobInfo, JobState } from './engines/bullmq/job-info.js'
export { jobStatus } from './engines/bullmq/job-status.js'
export type { QueueOptions } from './engines/bullmq/queue-options.js'
export { type RetryOptions, retry } from './engines/bullmq/retry.js'
export type { JobProgressInfo } from './engines/bullmq/split-progress.js'
export { type FarmCounts, type FarmStatus, type StatusOptions, status } from './engines/bullmq/status.js'
export type { StoredError } from './engines/steps/stored-error.js'
export type { WorkerInfo } from './engines/bullmq/worker-name.js'
export type { WorkerOptions } from './engines/bullmq/worker-options.js'
export { worker } from './engines/bullmq/worker.js'

import type { Job } from '../../lib/job/schema/job.js'

/** A job that splits the source of `openSplit` into chunks of 2 s. */
export const SPLIT_JOB: Job = {
  version: 1,
  inputs: [{ url: 's3://masters/in' }],
  outputs: [
    {
      ...{ type: 'object', url: 's3://web/out.mp4', format: 'mp4', layout: 'file' },
      ...{ video: { codec: 'h264', preset: 'ultrafast', crf: 35 }, audio: { codec: 'aac' } },
    },
  ],
  split: { work: 's3://work/pieces/', mode: 'prefer', chunkSeconds: 2, gop: 24 },
}

/** The same as bytes, for standard input. */
export const jobBytes = (changes: Partial<Job> = {}) =>
  Buffer.from(JSON.stringify({ ...SPLIT_JOB, ...changes }))

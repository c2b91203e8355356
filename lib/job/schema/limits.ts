import { z } from 'zod'

const count = z.int().min(1)
const milliseconds = z
  .int()
  .min(1)
  .max(2 ** 31 - 1)

/** Limits of a job. Exceeding one is an error; nothing is stored. The names are those of the stages' `limits`. */
export const jobLimits = z
  .strictObject({
    maxInputBytes: count.optional().describe('The largest input, in bytes.'),
    maxDuration: z.number().positive().optional().describe('The longest output, in seconds of media.'),
    maxPixels: count
      .max(2 ** 31 - 1)
      .optional()
      .describe('The largest video frame of an input, in pixels (width × height).'),
    maxOutputBytes: count.optional().describe('The most bytes ffmpeg may write, over all outputs.'),
    maxObjects: count.optional().describe('The most objects of one output: segments, images.'),
    timeout: milliseconds
      .optional()
      .describe('The most time the job may take, in milliseconds; in a queue, each of its steps.'),
    idleTimeout: milliseconds.optional().describe('The most time without progress, in milliseconds.'),
    threads: count.max(1024).optional().describe('Threads per decoder, encoder and filter graph.'),
    nice: z.int().min(0).max(19).optional().describe('The niceness of ffmpeg.'),
    memory: z
      .int()
      .min(64 * 1024 * 1024)
      .optional()
      .describe('The address space of ffmpeg, in bytes (Linux).'),
    cpuSeconds: count
      .max(2 ** 31 - 1)
      .optional()
      .describe('CPU time of ffmpeg, in seconds over all threads (Linux).'),
  })
  .meta({ id: 'limits', description: 'Limits. Exceeding one is an error; nothing is stored.' })

/** Limits of a job. */
export type JobLimits = z.infer<typeof jobLimits>

import { z } from 'zod'
import { jobInput } from './inputs.js'
import { jobLimits } from './limits.js'
import { jobOutput, type objectOutput, type packageOutput, type packageRendition } from './outputs.js'
import type { probeOutput, storyboardOutput, thumbnailsOutput } from './outputs.js'
import { jobSplit } from './split.js'

/**
 * A job as plain JSON: inputs, outputs and encodings. The types, the checks at run time and `job.schema.json` all
 * derive from this schema.
 *
 * A new optional field keeps the version; a changed meaning raises it.
 */
export const jobSchema = z.strictObject({
  $schema: z.string().optional().describe('The schema, for editors.'),
  version: z.literal(1),
  inputs: z.array(jobInput).min(1).max(64).describe('The inputs, numbered from 0.'),
  filterComplex: z
    .string()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('Filters between inputs and outputs (`-filter_complex`).'),
  outputs: z.array(jobOutput).min(1).max(64).describe('The outputs. All of them are stored, or none.'),
  limits: jobLimits.optional(),
  split: jobSplit.optional(),
})

/** A job, as plain JSON. `docs/jobs.md` explains each field. */
export type Job = z.input<typeof jobSchema>
/** An input of a {@link Job}. */
export type JobInput = z.input<typeof jobInput>
/** An output of a {@link Job}; its `type` tells which. */
export type JobOutput = z.input<typeof jobOutput>
/** An output of one object. */
export type JobObject = z.input<typeof objectOutput>
/** An output as HLS and DASH. */
export type JobPackage = z.input<typeof packageOutput>
/** A rendition of a {@link JobPackage}. */
export type JobRendition = z.input<typeof packageRendition>
/** An output of thumbnails. */
export type JobThumbnails = z.input<typeof thumbnailsOutput>
/** An output of sheets of thumbnails. */
export type JobStoryboard = z.input<typeof storyboardOutput>
/** A report on an input. */
export type JobProbe = z.input<typeof probeOutput>

import { z } from 'zod'
import { prefix } from './fields.js'

/** Beyond any encoder, so that a rate in frames or bytes is noticed. */
const speed = z.number().positive().max(100_000).optional()

/** Measured speeds of encoding. */
const encodeSpeed = z
  .strictObject({
    chunk: speed.describe('Speed of one worker that encodes a chunk, with all renditions of a package.'),
    whole: speed.describe(
      'Speed of a single run of the whole output on one machine, which ffmpeg reports as `speed=`.',
    ),
  })
  .meta({
    id: 'encodeSpeed',
    description:
      'Measured speeds, in seconds of video per second, by which a split is estimated. One of them is enough; ' +
      'without any, they are assumed by encoder, preset, picture size and frame rate, and may be off by several times.',
  })

/** Options for splitting a job into several runs of ffmpeg. */
export const jobSplit = z
  .strictObject({
    work: prefix.describe('The location of the pieces until they are joined: `s3://bucket/prefix/`.'),
    mode: z
      .enum(['auto', 'prefer', 'required'])
      .optional()
      .describe(
        '`auto` splits if that is faster, `prefer` if it is possible; `required` fails if it is not. By default ' +
          '`auto`.',
      ),
    chunkSeconds: z
      .number()
      .min(1)
      .max(600)
      .optional()
      .describe('Length of a chunk, in seconds of media, rounded to whole GOPs. By default 60.'),
    frameRate: z
      .string()
      .regex(/^[1-9]\d{0,8}(\/[1-9]\d{0,8})?$/, {
        error: 'must be a whole number or a fraction, such as 24000/1001',
      })
      .optional()
      .describe(
        'The constant frame rate of the output, such as `24000/1001`. By default that of the source.',
      ),
    gop: z
      .int()
      .min(3)
      .max(3000)
      .optional()
      .describe('Frames from one key frame to the next. By default those of two seconds.'),
    threads: z
      .int()
      .min(1)
      .max(256)
      .optional()
      .describe('Threads of each encoder, on every machine. By default 1, or `limits.threads`.'),
    allowMixed: z
      .boolean()
      .optional()
      .describe(
        'Whether pieces from different builds of ffmpeg may be joined, if their headers are the same. By default ' +
          'not.',
      ),
    encodeSpeed: encodeSpeed.optional(),
  })
  .meta({ id: 'split', description: 'Splits the job into several runs of ffmpeg.' })

/** Options for splitting a job into several runs of ffmpeg. */
export type JobSplit = z.infer<typeof jobSplit>

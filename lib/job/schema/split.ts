import { z } from 'zod'
import { prefix } from './fields.js'

/** How a job is spread over several runs of ffmpeg. */
export const jobSplit = z
  .strictObject({
    work: prefix.describe('Where the pieces are kept until they are joined: `s3://bucket/prefix/`.'),
    mode: z
      .enum(['auto', 'prefer', 'required'])
      .optional()
      .describe(
        '`auto` splits where it pays, `prefer` where it is possible, `required` fails where it is not. By default `auto`.',
      ),
    chunkSeconds: z
      .number()
      .min(1)
      .max(600)
      .optional()
      .describe(
        'Length of a chunk, in seconds of media; rounded to whole groups of pictures. By default 60.',
      ),
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
      .describe('Frames between key frames. By default two seconds of them.'),
    threads: z
      .int()
      .min(1)
      .max(256)
      .optional()
      .describe('Threads of each encoder, on every machine. By default 1.'),
  })
  .meta({ id: 'split', description: 'How the job is spread over several runs of ffmpeg.' })

/** How a job is spread over several runs of ffmpeg. */
export type JobSplit = z.infer<typeof jobSplit>

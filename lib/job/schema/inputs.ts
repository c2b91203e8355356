import { z } from 'zod'
import { args, formatName, inputUrl } from './fields.js'

/** One input of a job. */
export const jobInput = z
  .strictObject({
    url: inputUrl,
    etag: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The ETag of the version to read; with any other, the job fails. By default the current version.',
      ),
    versionId: z
      .string()
      .min(1)
      .optional()
      .describe('The version ID of an object in S3. By default the newest version.'),
    format: formatName
      .optional()
      .describe(
        'The demuxer, if the bytes do not identify the format. By default detected from the first bytes.',
      ),
    args: args.optional().describe('Arguments before `-i`, such as `["-ss", "10"]`.'),
  })
  .meta({ id: 'input', description: 'One input.' })

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
      .describe('The version to read; any other fails the job. By default the version found first.'),
    versionId: z
      .string()
      .min(1)
      .optional()
      .describe('The version of an object in S3. By default the newest.'),
    format: formatName
      .optional()
      .describe(
        'The demuxer, if the bytes do not identify the format. By default found from the first bytes.',
      ),
    args: args.optional().describe('Arguments before `-i`, such as `["-ss", "10"]`.'),
  })
  .meta({ id: 'input', description: 'One input.' })

import { z } from 'zod'
import { jobSchema } from './job.js'

/**
 * The schema of a {@link Job} as JSON Schema (draft 2020-12), for editors and other languages. It is
 * `avio-streams/job.schema.json` in the package. `parseJob` and `runJob` also check what no
 * schema can express, such as the arguments of ffmpeg.
 */
export function jobJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(jobSchema, { io: 'input', reused: 'inline' })
  return { $schema: schema.$schema, $id: 'urn:avio-streams:job:1', title: 'A job of avio-streams', ...schema }
}

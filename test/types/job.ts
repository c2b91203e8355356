import { type Job, type JobOutput, jobJsonSchema, parseJob } from 'avio-streams/job'
import { JobError } from 'avio-streams'

const output: JobOutput = {
  type: 'object',
  url: 's3://web/talk.mp4',
  format: 'mp4',
  video: { codec: 'h264', height: 720, frameRate: '24000/1001' },
  audio: 'copy',
}
const job: Job = {
  version: 1,
  inputs: [{ url: 's3://masters/talk.mov', etag: '"abc"' }],
  outputs: [output, { type: 'thumbnails', prefix: 's3://web/talk/', every: 10 }, { type: 'probe' }],
}
const parsed: Job = parseJob(JSON.parse(JSON.stringify(job)))
const schema: Record<string, unknown> = jobJsonSchema()
try {
  parseJob(7)
} catch (error) {
  if (error instanceof JobError) console.log(error.path, error.code === 'AVIO_ERR_JOB_INVALID')
}
for (const one of parsed.outputs) if (one.type === 'package') console.log(one.renditions[0]?.name)

// @ts-expect-error: there is one version
const newer: Job = { ...job, version: 2 }
// @ts-expect-error: a misspelt field
const misspelt: Job = { ...job, inputs: [{ uri: 's3://masters/talk.mov' }] }
// @ts-expect-error: a height that is in no list
const odd: JobOutput = { ...output, video: { codec: 'h264', height: 721 } }
// @ts-expect-error: an output says what it is
const untyped: JobOutput = { url: 's3://web/talk.mp4', format: 'mp4' }
void [newer, misspelt, odd, untyped, schema]

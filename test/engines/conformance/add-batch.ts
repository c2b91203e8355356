// Adds a batch in a process of its own, whose memory is limited, and tells how many jobs are new.
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { addBatch } from '../../../lib/bullmq.js'
import type { Job } from '../../../lib/job/schema/job.js'

const { s3, source, template, ...queue } = JSON.parse(process.argv[2]!) as {
  s3: S3ClientConfig
  source: string
  template: Job
  connection: string
  queue: string
}
const client = new S3Client(s3)
const { added } = await addBatch(source, template, { ...queue, client })
client.destroy()
process.stdout.write(String(added))

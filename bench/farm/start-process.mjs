// A worker process that ends as soon as it could take its first step: the library is loaded, the store has answered.
import { HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import 'avio-streams/job'

const [config, bucket] = process.argv.slice(2)
const client = new S3Client(JSON.parse(config))
await client.send(new HeadBucketCommand({ Bucket: bucket }))
client.destroy()

import { S3Client } from '@aws-sdk/client-s3'
import { type FaultRule, LocalS3, type S3Call } from 'avio-streams/testing'

const s3 = await LocalS3.start({ buckets: ['masters'], minPartSize: 1024 })
// The configuration has the SDK's type.
const client = new S3Client(s3.clientConfig())
await s3.put('masters', 'talk.mov', new Uint8Array(8), { contentType: 'video/quicktime' })

const rule: FaultRule = { operation: 'GetObject', reset: 100_000 }
s3.fault(rule)
s3.fault({ operation: 'UploadPart', partNumber: 3, status: 503 })
const calls: readonly S3Call[] = s3.calls
void calls.map(({ operation, range, status }) => [operation, range, status])
client.destroy()
await s3.close()

{
  await using other = await LocalS3.start()
  void other.endpoint.length
}

// @ts-expect-error: an unknown operation
s3.fault({ operation: 'GetObjekt', reset: 1 })
// @ts-expect-error: a fault requires an action
s3.fault({ operation: 'GetObject' })
// @ts-expect-error: LocalS3 has no public constructor
new LocalS3()

import { type Answer, xmlAnswer } from './answer.js'
import { bucketOf, type OperationContext } from './operation-context.js'
import { OWNER } from './list-objects.js'
import { receiveText } from './receive-body.js'
import { ServiceError } from '../wire/service-error.js'
import { parseXml } from '../wire/xml.js'

/** The operations on buckets. */

const MAX_XML_BYTES = 2 * 1024 ** 2

/** ListBuckets. */
export function listBuckets(context: OperationContext): Answer {
  return xmlAnswer('ListAllMyBucketsResult', {
    Owner: OWNER,
    Buckets: {
      Bucket: context.store.buckets.map(bucket => ({
        Name: bucket.name,
        CreationDate: bucket.createdAt.toISOString(),
      })),
    },
  })
}

/** CreateBucket. Ignores its body, the location: there is only one region. */
export async function createBucket(context: OperationContext): Promise<Answer> {
  await receiveText(context, MAX_XML_BYTES)
  const bucket = context.store.createBucket(context.request.bucket ?? '')
  return { status: 200, headers: { location: `/${bucket.name}` } }
}

/** HeadBucket. */
export function headBucket(context: OperationContext): Answer {
  bucketOf(context)
  return { status: 200, headers: { 'x-amz-bucket-region': context.settings.region } }
}

/** DeleteBucket. */
export function deleteBucket(context: OperationContext): Answer {
  context.store.deleteBucket(bucketOf(context).name)
  return { status: 204, headers: {} }
}

/** GetBucketLocation: us-east-1 is an empty location. */
export function getBucketLocation(context: OperationContext): Answer {
  bucketOf(context)
  const { region } = context.settings
  const answer = xmlAnswer('LocationConstraint', {})
  if (region === 'us-east-1') return answer
  return { ...answer, body: (answer.body as string).replace('></', `>${region}</`) }
}

/** GetBucketVersioning. */
export function getBucketVersioning(context: OperationContext): Answer {
  return xmlAnswer('VersioningConfiguration', { Status: bucketOf(context).versioning })
}

/** PutBucketVersioning. */
export async function putBucketVersioning(context: OperationContext): Promise<Answer> {
  const bucket = bucketOf(context)
  const status = parseXml(await receiveText(context, MAX_XML_BYTES)).textOf('Status')
  if (status !== 'Enabled' && status !== 'Suspended') throw new ServiceError('MalformedXML')
  bucket.versioning = status
  return { status: 200, headers: {} }
}

import { NULL_VERSION, type Deletion } from '../store/bucket.js'
import { type Answer, xmlAnswer } from './answer.js'
import { bucketOf, type OperationContext, keyOf } from './operation-context.js'
import { OWNER } from './list-objects.js'
import { receiveText } from './payload.js'
import { ServiceError } from '../wire/service-error.js'
import { parseXml, type XmlMap } from '../wire/xml.js'

/** The operations on buckets, and the deletes. */

const MAX_XML_BYTES = 2 * 1024 ** 2
const MAX_DELETES = 1000

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

/** CreateBucket. Its body, the location, is read past: there is one region. */
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

/** GetBucketLocation: nothing stands for us-east-1. */
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

/** DeleteObject: no error where there is nothing to delete. */
export function deleteObject(context: OperationContext): Answer {
  const { versionId, isMarker } = bucketOf(context).delete(
    keyOf(context),
    context.request.query.get('versionId'),
  )
  const headers: Record<string, string> = {}
  if (versionId !== undefined) headers['x-amz-version-id'] = versionId
  if (isMarker) headers['x-amz-delete-marker'] = 'true'
  return { status: 204, headers }
}

function deleted(key: string, asked: string | undefined, deletion: Deletion): XmlMap {
  const { versionId, isMarker } = deletion
  return {
    Key: key,
    VersionId: asked,
    DeleteMarker: isMarker || undefined,
    DeleteMarkerVersionId: isMarker ? (versionId ?? NULL_VERSION) : undefined,
  }
}

/** DeleteObjects. */
export async function deleteObjects(context: OperationContext): Promise<Answer> {
  const bucket = bucketOf(context)
  const root = parseXml(await receiveText(context, MAX_XML_BYTES))
  const objects = root.all('Object')
  if (root.name !== 'Delete' || objects.length === 0 || objects.length > MAX_DELETES) {
    throw new ServiceError('MalformedXML')
  }
  const named = objects.map(object => ({ key: object.textOf('Key'), versionId: object.textOf('VersionId') }))
  if (named.some(({ key }) => !key)) throw new ServiceError('MalformedXML')
  const results = named.map(({ key = '', versionId }) =>
    deleted(key, versionId, bucket.delete(key, versionId)),
  )
  return xmlAnswer('DeleteResult', { Deleted: root.textOf('Quiet') === 'true' ? undefined : results })
}

import { NULL_VERSION, type Deletion } from './bucket.js'
import { type Answer, bucketOf, type Exchange, keyOf } from './exchange.js'
import { OWNER, xmlAnswer } from './list-objects.js'
import { receiveText } from './payload.js'
import { ServiceError } from './service-error.js'
import { parseXml, type XmlMap } from './xml.js'

/** The operations on buckets, and the deletes. */

const MAX_XML_BYTES = 2 * 1024 ** 2
const MAX_DELETES = 1000

/** ListBuckets. */
export function listBuckets(exchange: Exchange): Answer {
  return xmlAnswer('ListAllMyBucketsResult', {
    Owner: OWNER,
    Buckets: {
      Bucket: exchange.store.buckets.map(bucket => ({
        Name: bucket.name,
        CreationDate: bucket.createdAt.toISOString(),
      })),
    },
  })
}

/** CreateBucket. Its body, the location, is read past: there is one region. */
export async function createBucket(exchange: Exchange): Promise<Answer> {
  await receiveText(exchange, MAX_XML_BYTES)
  const bucket = exchange.store.createBucket(exchange.request.bucket ?? '')
  return { status: 200, headers: { location: `/${bucket.name}` } }
}

/** HeadBucket. */
export function headBucket(exchange: Exchange): Answer {
  bucketOf(exchange)
  return { status: 200, headers: { 'x-amz-bucket-region': exchange.settings.region } }
}

/** DeleteBucket. */
export function deleteBucket(exchange: Exchange): Answer {
  exchange.store.deleteBucket(bucketOf(exchange).name)
  return { status: 204, headers: {} }
}

/** GetBucketLocation: nothing stands for us-east-1. */
export function getBucketLocation(exchange: Exchange): Answer {
  bucketOf(exchange)
  const { region } = exchange.settings
  const answer = xmlAnswer('LocationConstraint', {})
  if (region === 'us-east-1') return answer
  return { ...answer, body: (answer.body as string).replace('></', `>${region}</`) }
}

/** GetBucketVersioning. */
export function getBucketVersioning(exchange: Exchange): Answer {
  return xmlAnswer('VersioningConfiguration', { Status: bucketOf(exchange).versioning })
}

/** PutBucketVersioning. */
export async function putBucketVersioning(exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(exchange)
  const status = parseXml(await receiveText(exchange, MAX_XML_BYTES)).textOf('Status')
  if (status !== 'Enabled' && status !== 'Suspended') throw new ServiceError('MalformedXML')
  bucket.versioning = status
  return { status: 200, headers: {} }
}

/** DeleteObject: no error where there is nothing to delete. */
export function deleteObject(exchange: Exchange): Answer {
  const { versionId, isMarker } = bucketOf(exchange).delete(
    keyOf(exchange),
    exchange.request.query.get('versionId'),
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
export async function deleteObjects(exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(exchange)
  const root = parseXml(await receiveText(exchange, MAX_XML_BYTES))
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

import { NULL_VERSION, type Deletion } from '../store/bucket.js'
import { type Answer, xmlAnswer } from './answer.js'
import { bucketOf, type OperationContext, keyOf } from './operation-context.js'
import { receiveText } from './receive-body.js'
import { ServiceError } from '../wire/service-error.js'
import { parseXml, type XmlMap } from '../wire/xml.js'

const MAX_XML_BYTES = 2 * 1024 ** 2
const MAX_DELETES = 1000

/** DeleteObject: no error if there is nothing to delete. */
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

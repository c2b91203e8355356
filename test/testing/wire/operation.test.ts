import t from 'tap'
import { operationOf, S3_OPERATIONS } from '../../../lib/testing/wire/operation.js'
import { parseRequest } from '../../../lib/testing/wire/s3-request.js'

function ask(line: string, headers: Record<string, string> = {}) {
  const [method, url] = line.split(' ')
  return operationOf(parseRequest({ method, url, headers }))
}

t.test('determines the operation by method, path, query and header', async t => {
  const expected = {
    'GET /': 'ListBuckets',
    'PUT /box': 'CreateBucket',
    'PUT /box/': 'CreateBucket',
    'HEAD /box': 'HeadBucket',
    'DELETE /box': 'DeleteBucket',
    'GET /box?location': 'GetBucketLocation',
    'GET /box?versioning': 'GetBucketVersioning',
    'PUT /box?versioning': 'PutBucketVersioning',
    'GET /box?versions&prefix=a': 'ListObjectVersions',
    'GET /box?uploads': 'ListMultipartUploads',
    'GET /box?list-type=2': 'ListObjectsV2',
    'GET /box?prefix=a': 'ListObjects',
    'POST /box?delete': 'DeleteObjects',
    'PUT /box/a/b': 'PutObject',
    'GET /box/a/b?versionId=1&x-id=GetObject': 'GetObject',
    'HEAD /box/a': 'HeadObject',
    'GET /box/a?attributes': 'GetObjectAttributes',
    'DELETE /box/a': 'DeleteObject',
    'POST /box/a?uploads': 'CreateMultipartUpload',
    'PUT /box/a?partNumber=1&uploadId=u': 'UploadPart',
    'GET /box/a?uploadId=u': 'ListParts',
    'POST /box/a?uploadId=u': 'CompleteMultipartUpload',
    'DELETE /box/a?uploadId=u': 'AbortMultipartUpload',
  }
  for (const [line, operation] of Object.entries(expected)) t.equal(ask(line), operation, line)
  const copy = { 'x-amz-copy-source': 'box/a' }
  t.equal(ask('PUT /box/b', copy), 'CopyObject')
  t.equal(ask('PUT /box/b?partNumber=1&uploadId=u', copy), 'UploadPartCopy')
  t.equal(new Set([...Object.values(expected), 'CopyObject', 'UploadPartCopy']).size, S3_OPERATIONS.length)
})

t.test('never mistakes an unsupported sub-resource for the object', async t => {
  for (const line of [
    'PUT /box/a?acl',
    'PUT /box/a?tagging',
    'GET /box/a?torrent',
    'DELETE /box/a?tagging',
    'PUT /box?policy',
    'GET /box?acl',
    'DELETE /box?lifecycle',
    'PUT /box/a?uploadId=u',
  ]) {
    t.equal(ask(line), undefined, line)
  }
  t.equal(ask('PATCH /box/a'), undefined)
})

import t from 'tap'
import { subjectOf } from '../../../lib/s3/request/request-subject.js'

t.test('takes what names the object, and nothing else, from a command', async t => {
  const input = {
    Bucket: 'b',
    Key: 'k',
    UploadId: 'u',
    PartNumber: 3,
    SSECustomerKey: 'sesame',
    Metadata: { a: 'sesame' },
  }
  t.same(subjectOf('UploadPartCommand', input, 7), {
    protocol: 's3',
    operation: 'UploadPart',
    bucket: 'b',
    key: 'k',
    source: undefined,
    uploadId: 'u',
    partNumber: 3,
    byteOffset: 7,
  })
  t.match(subjectOf('ListObjectsV2Command', { Bucket: 'b', Prefix: 'p/' }), {
    operation: 'ListObjectsV2',
    key: 'p/',
  })
  t.match(subjectOf('', undefined), { operation: '', bucket: undefined })
})

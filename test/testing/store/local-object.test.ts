import t from 'tap'
import { describeObject, propertiesFrom } from '../../../lib/testing/store/local-object.js'
import { MemoryContent } from '../../../lib/testing/store/memory-content.js'

t.test('stores directly the same object as through a request', async t => {
  t.same(propertiesFrom({ contentType: 'video/mp4', metadata: { a: 'b' }, storageClass: 'GLACIER' }), {
    headers: { 'content-type': 'video/mp4' },
    metadata: { a: 'b' },
    storageClass: 'GLACIER',
    customerKeyMd5: undefined,
  })
  t.match(propertiesFrom({}), {
    headers: { 'content-type': 'binary/octet-stream' },
    storageClass: 'STANDARD',
  })
})

t.test('describes an object without its bytes', async t => {
  const object = {
    ...propertiesFrom({ contentType: 'text/plain' }),
    kind: 'object' as const,
    key: 'k',
    versionId: 'null',
    content: new MemoryContent([Buffer.from('abc')]),
    etag: '"e"',
    lastModified: new Date(0),
    checksum: undefined,
    parts: [{ partNumber: 1, size: 3 }],
  }
  const { headers, metadata, storageClass, lastModified, parts } = object
  t.same(describeObject(object), {
    key: 'k',
    size: 3,
    etag: '"e"',
    versionId: 'null',
    lastModified,
    contentType: 'text/plain',
    headers,
    metadata,
    storageClass,
    checksum: undefined,
    parts,
  })
})

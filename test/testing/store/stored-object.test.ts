import t from 'tap'
import { headersOf, propertiesOf } from '../../../lib/testing/store/stored-object.js'

t.test('keeps and returns content headers and metadata, but no others', async t => {
  const properties = propertiesOf({
    'content-type': 'video/mp4',
    'cache-control': 'max-age=5',
    'content-disposition': 'attachment',
    'x-amz-meta-a': '1',
    'x-amz-meta-b-c': 'two',
    'x-amz-storage-class': 'GLACIER',
    authorization: 'secret',
    host: 'x',
  })
  t.same(properties, {
    headers: {
      'content-type': 'video/mp4',
      'cache-control': 'max-age=5',
      'content-disposition': 'attachment',
    },
    metadata: { a: '1', 'b-c': 'two' },
    storageClass: 'GLACIER',
    customerKeyMd5: undefined,
  })
  t.same(headersOf(properties), {
    'content-type': 'video/mp4',
    'cache-control': 'max-age=5',
    'content-disposition': 'attachment',
    'x-amz-meta-a': '1',
    'x-amz-meta-b-c': 'two',
    'x-amz-storage-class': 'GLACIER',
  })
})

t.test('treats an object without a type as binary, and omits its class', async t => {
  t.same(headersOf(propertiesOf({})), { 'content-type': 'binary/octet-stream' })
})

t.test('does not store the framing as the object’s encoding', async t => {
  const encoding = (value: string) => propertiesOf({ 'content-encoding': value }).headers['content-encoding']
  t.equal(encoding('aws-chunked'), undefined)
  t.equal(encoding('aws-chunked,gzip'), 'gzip')
  t.equal(encoding('gzip, br, aws-chunked'), 'gzip, br')
  t.equal(encoding('identity'), 'identity')
})

t.test('limits metadata', async t => {
  propertiesOf({ 'x-amz-meta-a': 'x'.repeat(2047) })
  t.throws(() => propertiesOf({ 'x-amz-meta-a': 'x'.repeat(2048) }), { code: 'MetadataTooLarge' })
})

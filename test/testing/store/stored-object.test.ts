import t from 'tap'
import { headersOf, propertiesOf } from '../../../lib/testing/store/stored-object.js'

t.test('content headers and metadata are kept and given back, others are not', async t => {
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

t.test('an object without a type is binary, and its class is not mentioned', async t => {
  t.same(headersOf(propertiesOf({})), { 'content-type': 'binary/octet-stream' })
})

t.test('the framing of the upload is no encoding of the object', async t => {
  const encoding = (value: string) => propertiesOf({ 'content-encoding': value }).headers['content-encoding']
  t.equal(encoding('aws-chunked'), undefined)
  t.equal(encoding('aws-chunked,gzip'), 'gzip')
  t.equal(encoding('gzip, br, aws-chunked'), 'gzip, br')
  t.equal(encoding('identity'), 'identity')
})

t.test('metadata has a limit', async t => {
  propertiesOf({ 'x-amz-meta-a': 'x'.repeat(2047) })
  t.throws(() => propertiesOf({ 'x-amz-meta-a': 'x'.repeat(2048) }), { code: 'MetadataTooLarge' })
})

import t from 'tap'
import { formatS3Uri, locationOption, parseS3Uri } from '../../../lib/s3/request/s3-location.js'

t.test('splits a URI at the first slash and keeps its key verbatim', async t => {
  t.same(parseS3Uri('s3://masters/talk.mov'), { bucket: 'masters', key: 'talk.mov' })
  t.same(parseS3Uri('s3://b/a//b/%20?c#d é'), { bucket: 'b', key: 'a//b/%20?c#d é' })
  t.same(parseS3Uri('s3://b//lead'), { bucket: 'b', key: '/lead' })
  for (const bad of ['', 's3://', 's3://b', 's3://b/', 'https://b/k', 's3:///k', 'b/k']) {
    t.equal(parseS3Uri(bad), undefined, bad)
  }
})

t.test('parses its own output', async t => {
  const location = { bucket: 'b', key: 'a b/ü' }
  t.same(parseS3Uri(formatS3Uri(location)), location)
})

t.test('accepts a bucket and key, or a URI, but not both or half', async t => {
  t.same(locationOption({ bucket: 'b', key: 'k' }, 'X'), { bucket: 'b', key: 'k' })
  t.same(locationOption({ uri: 's3://b/k' }, 'X'), { bucket: 'b', key: 'k' })
  t.throws(() => locationOption({ uri: 's3://b/k', key: 'k' }, 'X'), { option: 'uri', message: /not both/ })
  t.throws(() => locationOption({ bucket: 'b' }, 'X'), { option: 'key', code: 'AVIO_ERR_OPTION' })
  t.throws(() => locationOption({ key: 'k' }, 'X'), { option: 'bucket', code: 'AVIO_ERR_OPTION' })
  t.throws(() => locationOption({ uri: 'https://b/k' }, 'X'), {
    option: 'uri',
    message: /s3:\/\/bucket\/key/,
  })
})

t.test('limits a key by bytes, not characters', async t => {
  t.doesNotThrow(() => locationOption({ bucket: 'b', key: 'x'.repeat(1024) }, 'X'))
  t.throws(() => locationOption({ bucket: 'b', key: 'é'.repeat(513) }, 'X'), {
    option: 'key',
    message: /1024 bytes/,
  })
})

t.test('keeps the slashes of an ARN in a URI', async t => {
  const arns = [
    'arn:aws:s3:us-east-1:123456789012:accesspoint/films',
    'arn:aws:s3:us-east-1:123456789012:accesspoint:films',
    'arn:aws-cn:s3:cn-north-1:123456789012:accesspoint/films',
    'arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap',
    'arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/films',
    'arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-1a2b/accesspoint/films',
    'arn:aws:s3-outposts:us-west-2:123456789012:outpost:op-1a2b:accesspoint:films',
  ]
  for (const bucket of arns) {
    for (const key of ['k', 'a/b c/d.mov', '/lead', 'accesspoint/x/y']) {
      t.same(parseS3Uri(`s3://${bucket}/${key}`), { bucket, key }, `${bucket} ${key}`)
    }
    t.equal(parseS3Uri(`s3://${bucket}`), undefined, `${bucket} without a key`)
    t.equal(parseS3Uri(`s3://${bucket}/`), undefined, `${bucket} with an empty key`)
  }
  t.same(parseS3Uri('s3://arn/accesspoint/k'), { bucket: 'arn', key: 'accesspoint/k' })
})

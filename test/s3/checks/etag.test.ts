import { createHash } from 'node:crypto'
import t from 'tap'
import { hidesMd5, md5OfEtag, multipartEtag, sameEtag } from '../../../lib/s3/checks/etag.js'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

t.test('recognises an ETag in the form of an MD5', async t => {
  t.equal(md5OfEtag(`"${md5('a')}"`), md5('a'))
  t.equal(md5OfEtag(md5('a').toUpperCase()), md5('a'))
  for (const other of [
    undefined,
    '',
    '""',
    `"${md5('a')}-2"`,
    `W/"${md5('a')}"`,
    '"abc"',
    `"${md5('a')}0"`,
  ]) {
    t.equal(md5OfEtag(other), undefined, String(other))
  }
})

t.test('computes the ETag of a multipart object from the MD5s of its parts and their number', async t => {
  const parts = ['one', 'two', 'three'].map(md5)
  const expected = createHash('md5')
    .update(Buffer.from(parts.join(''), 'hex'))
    .digest('hex')
  t.equal(multipartEtag(parts.map(part => `"${part}"`)), `"${expected}-3"`)
})

t.test('expects no ETag of the whole if one part has another kind of ETag', async t => {
  t.equal(multipartEtag([`"${md5('a')}"`, '"opaque"']), undefined)
  t.equal(multipartEtag([]), undefined)
})

t.test('compares ETags without their quotes, and a missing one equals nothing', async t => {
  t.ok(sameEtag('"a"', 'a'))
  t.notOk(sameEtag('"a"', '"b"'))
  t.notOk(sameEtag(undefined, undefined))
  t.notOk(sameEtag('"a"', undefined))
})

t.test('treats no ETag as an MD5 under a customer key or KMS', async t => {
  t.ok(hidesMd5({ SSECustomerKey: 'k' }))
  t.ok(hidesMd5({ ServerSideEncryption: 'aws:kms' }))
  t.ok(hidesMd5({ ServerSideEncryption: 'aws:kms:dsse' }))
  t.ok(hidesMd5({ SSECustomerAlgorithm: 'AES256' }), 'as in a response')
  t.notOk(hidesMd5({ ServerSideEncryption: 'AES256' }))
  t.notOk(hidesMd5({}))
})

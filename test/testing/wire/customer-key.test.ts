import { createHash } from 'node:crypto'
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import {
  checkCustomerKey,
  customerKeyHeaders,
  customerKeyOf,
} from '../../../lib/testing/wire/customer-key.js'
import { startS3 } from '../support.js'

const key = Buffer.alloc(32, 7)
const md5 = createHash('md5').update(key).digest('base64')
const name = 'x-amz-server-side-encryption-customer'
const headers = {
  [`${name}-algorithm`]: 'AES256',
  [`${name}-key`]: key.toString('base64'),
  [`${name}-key-md5`]: md5,
}

t.test('identifies a key by its MD5, and requires three consistent headers', async t => {
  t.equal(customerKeyOf(headers), md5)
  t.equal(customerKeyOf({}), undefined)
  t.equal(customerKeyOf(headers, 'x-amz-copy-source-'), undefined)
  const wrong = { code: 'InvalidArgument', status: 400 }
  t.throws(() => customerKeyOf({ ...headers, [`${name}-algorithm`]: 'DES' }), wrong)
  t.throws(() => customerKeyOf({ ...headers, [`${name}-key`]: 'c2hvcnQ=' }), wrong)
  t.throws(() => customerKeyOf({ ...headers, [`${name}-key-md5`]: 'AAAA' }), wrong)
  t.same(customerKeyHeaders(md5), { [`${name}-algorithm`]: 'AES256', [`${name}-key-md5`]: md5 })
  t.same(customerKeyHeaders(undefined), {})
})

t.test('requires the key of the write for a read', async t => {
  checkCustomerKey(md5, md5)
  checkCustomerKey(undefined, undefined)
  t.throws(() => checkCustomerKey(md5, undefined), { code: 'InvalidRequest' })
  t.throws(() => checkCustomerKey(undefined, md5), { code: 'InvalidRequest' })
  t.throws(() => checkCustomerKey(md5, 'other'), { code: 'AccessDenied' })
})

t.test('accepts a key given through the SDK, and rejects a request without it', async t => {
  const { s3, client } = await startS3(t)
  const at = { Bucket: 'box', Key: 'k' }
  const sse = { SSECustomerAlgorithm: 'AES256', SSECustomerKey: key as unknown as string }
  const put = await client.send(new PutObjectCommand({ ...at, ...sse, Body: 'secret' }))
  t.equal(put.SSECustomerKeyMD5, md5)
  const got = await client.send(new GetObjectCommand({ ...at, ...sse }))
  t.equal(await got.Body?.transformToString(), 'secret')
  await t.rejects(client.send(new GetObjectCommand(at)), { name: 'InvalidRequest' })
  await t.rejects(client.send(new HeadObjectCommand(at)))
  t.match(s3.calls.at(-1), { operation: 'HeadObject', status: 400, errorCode: 'InvalidRequest' })
})

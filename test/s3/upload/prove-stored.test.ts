import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { formatCrc32 } from '../../../lib/s3/upload/combine-crc32.js'
import { proveStored } from '../../../lib/s3/upload/prove-stored.js'
import { UploadStore } from '../../support/upload-store.js'

const bytes = 'what is stored'
const etag = `"${createHash('md5').update(bytes).digest('hex')}"`
const expected = { size: bytes.length, etag, crc32: crc32(bytes) }

t.test('accepts the ETag as proof', async t => {
  const store = await UploadStore.open(t)
  await store.s3.put('uploads', 'k', bytes)
  t.same(await proveStored(store.requests(), expected), { etag, versionId: undefined, confirmed: false })
})

t.test('accepts the CRC32 of the whole as proof if ETags are opaque', async t => {
  const store = await UploadStore.open(t)
  await store.s3.put('uploads', 'k', bytes)
  const opaque = '"opaque"'
  const sum = (value: string) => ({ etag: opaque, 'x-amz-checksum-crc32': value })
  store.s3.fault({ operation: 'HeadObject', answerHeaders: sum(formatCrc32(crc32(bytes))) })
  t.match(await proveStored(store.requests(), expected), { etag: opaque, confirmed: true })
  t.equal(store.s3.calls[0]?.headers['x-amz-checksum-mode'], 'ENABLED')
  store.s3.fault({ operation: 'HeadObject', answerHeaders: sum(`${formatCrc32(crc32(bytes))}-2`) })
  t.equal(await proveStored(store.requests(), expected), 'other', 'a composite checksum is no proof')
})

t.test('distinguishes another object, or none, from one that it can’t check', async t => {
  const store = await UploadStore.open(t)
  t.equal(await proveStored(store.requests(), expected), 'other', 'no object')
  await store.s3.put('uploads', 'k', 'something else')
  t.equal(await proveStored(store.requests(), expected), 'other', 'another ETag')
  t.equal(await proveStored(store.requests(), { ...expected, size: 3 }), 'other', 'another size')
  store.s3.fault({ operation: 'HeadObject', status: 403 })
  t.equal(await proveStored(store.requests(), expected), 'unknown', 'HEAD is forbidden')
})

t.test('retries HEAD up to maxAttempts', async t => {
  const store = await UploadStore.open(t)
  await store.s3.put('uploads', 'k', bytes)
  store.s3.fault({ operation: 'HeadObject', times: 2, status: 500 })
  t.match(await proveStored(store.requests(), expected), { etag })
  store.s3.fault({ operation: 'HeadObject', times: 3, status: 500 })
  t.equal(await proveStored(store.requests(), expected), 'unknown')
  t.equal(store.log.length, 6)
})

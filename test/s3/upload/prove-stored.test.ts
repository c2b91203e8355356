import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { formatCrc32 } from '../../../lib/s3/upload/combine-crc32.js'
import { proveStored } from '../../../lib/s3/upload/prove-stored.js'
import { UploadStore } from '../../support/upload-store.js'

const bytes = 'what is stored'
const etag = `"${createHash('md5').update(bytes).digest('hex')}"`
const expected = { size: bytes.length, etag, crc32: crc32(bytes) }

t.test('takes the ETag as proof', async t => {
  const store = await UploadStore.open(t)
  await store.s3.put('uploads', 'k', bytes)
  t.same(await proveStored(store.requests(), expected), { etag, versionId: undefined, confirmed: false })
})

t.test('takes the CRC32 of the whole as proof if ETags are opaque', async t => {
  const store = await UploadStore.open(t)
  await store.s3.put('uploads', 'k', bytes)
  const opaque = '"opaque"'
  const sum = (value: string) => ({ etag: opaque, 'x-amz-checksum-crc32': value })
  store.s3.fault({ operation: 'HeadObject', answerHeaders: sum(formatCrc32(crc32(bytes))) })
  t.match(await proveStored(store.requests(), expected), { etag: opaque, confirmed: true })
  t.equal(store.s3.calls[0]?.headers['x-amz-checksum-mode'], 'ENABLED')
  store.s3.fault({ operation: 'HeadObject', answerHeaders: sum(`${formatCrc32(crc32(bytes))}-2`) })
  t.equal(await proveStored(store.requests(), expected), 'other', 'a composite one does not')
})

t.test('tells another object, or none, from an invisible one', async t => {
  const store = await UploadStore.open(t)
  t.equal(await proveStored(store.requests(), expected), 'other', 'none')
  await store.s3.put('uploads', 'k', 'something else')
  t.equal(await proveStored(store.requests(), expected), 'other', 'of another ETag')
  t.equal(await proveStored(store.requests(), { ...expected, size: 3 }), 'other', 'of another size')
  store.s3.fault({ operation: 'HeadObject', status: 403 })
  t.equal(await proveStored(store.requests(), expected), 'unknown', 'not allowed to look')
})

t.test('retries the look at the store, up to maxAttempts', async t => {
  const store = await UploadStore.open(t)
  await store.s3.put('uploads', 'k', bytes)
  store.s3.fault({ operation: 'HeadObject', times: 2, status: 500 })
  t.match(await proveStored(store.requests(), expected), { etag })
  store.s3.fault({ operation: 'HeadObject', times: 3, status: 500 })
  t.equal(await proveStored(store.requests(), expected), 'unknown')
  t.equal(store.log.length, 6)
})

import { createHash } from 'node:crypto'
import t from 'tap'
import { formatCrc32 } from '../../../lib/s3/upload/combine-crc32.js'
import { UploadStore, partOf } from '../../support/upload-store.js'

const part = partOf('the bytes of a part')
const crc = formatCrc32(part.crc32)
const { signal } = new AbortController()

/** The checksum headers of the last call. */
function sums(store: UploadStore) {
  const headers = Object.entries(store.s3.calls.at(-1)!.headers)
  return Object.fromEntries(headers.filter(([name]) => /checksum|md5|trailer|encoding/.test(name)))
}

t.test('announces the CRC32 of the whole, and sends one for each part and for the whole', async t => {
  const store = await UploadStore.open(t, { server: { minPartSize: 1 } })
  const requests = store.requests()
  const created = await requests.create(true)
  t.same(sums(store), { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-type': 'FULL_OBJECT' })
  t.equal(created.ChecksumType, 'FULL_OBJECT')
  const { ETag } = await requests.uploadPart(created.UploadId!, 1, part, signal)
  t.same(sums(store), { 'x-amz-sdk-checksum-algorithm': 'CRC32', 'x-amz-checksum-crc32': crc })
  const stored = { partNumber: 1, size: part.size, etag: ETag!, crc32: part.crc32 }
  await t.rejects(
    requests.complete(created.UploadId!, [{ ...stored, crc32: 1 }]),
    { name: 'InvalidPart' },
    'the part checksums are repeated',
  )
  await t.rejects(
    requests.complete(created.UploadId!, [stored], { crc32: 1 }),
    { name: 'BadDigest' },
    'the checksum of the whole is checked',
  )
  const answer = await requests.complete(created.UploadId!, [stored], part)
  t.same(sums(store), { 'x-amz-checksum-crc32': crc, 'x-amz-checksum-type': 'FULL_OBJECT' })
  t.equal(answer.ChecksumCRC32, crc)
  t.equal((await requests.head()).ChecksumCRC32, crc)
})

t.test('sends Content-MD5 with bytes under MD5, and no other checksum', async t => {
  const store = await UploadStore.open(t, { server: { minPartSize: 1 } })
  const requests = store.requests({ checksum: 'md5' })
  const md5 = { 'content-md5': createHash('md5').update('the bytes of a part').digest('base64') }
  const { UploadId } = await requests.create(false)
  t.same(sums(store), {})
  const { ETag } = await requests.uploadPart(UploadId!, 1, part, signal)
  t.same(sums(store), md5)
  await requests.complete(UploadId!, [{ partNumber: 1, size: part.size, etag: ETag!, crc32: 0 }])
  t.same(sums(store), {})
  await requests.put(part)
  t.same(sums(store), md5)
  await requests.head()
  t.same(sums(store), {})
})

t.test('sends no checksum under none, in either mode of the client', async t => {
  for (const requestChecksumCalculation of ['WHEN_SUPPORTED', 'WHEN_REQUIRED'] as const) {
    const store = await UploadStore.open(t, {
      server: { minPartSize: 1 },
      client: { requestChecksumCalculation },
    })
    const requests = store.requests({ checksum: 'none' })
    const { UploadId } = await requests.create(false)
    t.same(sums(store), {})
    await requests.uploadPart(UploadId!, 1, part, signal)
    t.same(sums(store), {})
    await requests.put(part)
    t.same(sums(store), {})
    await requests.abort(UploadId!, signal)
  }
})

t.test('sends the object’s properties when creating it', async t => {
  const store = await UploadStore.open(t)
  const requests = store.requests({
    contentType: 'video/mp4',
    metadata: { title: 'talk' },
    request: { CacheControl: 'no-store', StorageClass: 'STANDARD_IA' },
  })
  const said = {
    'content-type': 'video/mp4',
    'x-amz-meta-title': 'talk',
    'cache-control': 'no-store',
    'x-amz-storage-class': 'STANDARD_IA',
  }
  const { UploadId } = await requests.create(true)
  t.match(store.s3.calls.at(-1)!.headers, said)
  await requests.abort(UploadId!, signal)
  await requests.put(part)
  t.match(store.s3.calls.at(-1)!.headers, said)
  t.match(store.s3.head('uploads', 'k'), { contentType: 'video/mp4', metadata: { title: 'talk' } })
})

t.test('sends the condition with the committing request only', async t => {
  const store = await UploadStore.open(t, { server: { minPartSize: 1 } })
  const requests = store.requests({ ifNoneMatch: '*' })
  const { UploadId } = await requests.create(true)
  const { ETag } = await requests.uploadPart(UploadId!, 1, part, signal)
  await requests.listParts(UploadId!)
  const stored = [{ partNumber: 1, size: part.size, etag: ETag!, crc32: part.crc32 }]
  await requests.complete(UploadId!, stored, part)
  await t.rejects(requests.put(part), { name: 'PreconditionFailed' })
  t.same(
    store.s3.calls.filter(call => call.headers['if-none-match'] === '*').map(call => call.operation),
    ['CompleteMultipartUpload', 'PutObject'],
  )
})

t.test('sends each member of request with every operation that accepts it', async t => {
  const store = await UploadStore.open(t, { leaves: true })
  const requests = store.requests({
    request: { RequestPayer: 'requester', SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'k'.repeat(32) },
  })
  const ignore = () => undefined
  await requests.create(true).catch(ignore)
  await requests.uploadPart('u', 1, part, signal).catch(ignore)
  await requests.complete('u', []).catch(ignore)
  await requests.abort('u', signal).catch(ignore)
  await requests.listParts('u').catch(ignore)
  await requests.put(part).catch(ignore)
  await requests.head().catch(ignore)
  const has = (header: string) =>
    store.s3.calls.filter(call => call.headers[header] !== undefined).map(call => call.operation)
  const all = store.s3.calls.map(call => call.operation)
  t.equal(all.length, 7)
  t.same(has('x-amz-request-payer'), all)
  const withKey = all.filter(operation => operation !== 'AbortMultipartUpload')
  t.same(has('x-amz-server-side-encryption-customer-key'), withKey)
  t.same(has('x-amz-server-side-encryption-customer-key-md5'), withKey)
})

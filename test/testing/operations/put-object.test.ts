import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { checksumOf } from '../../../lib/testing/wire/checksum.js'
import { patterned } from '../patterned.js'
import { sendRaw, startInFolder, startS3 } from '../support.js'

const at = { Bucket: 'box', Key: 'k' }

t.test('stores the bytes, the properties and the checksum', async t => {
  const { s3, client } = await startS3(t)
  const Key = 'odd/ü é+%~ (1)&=?#\n.bin'
  const Body = patterned(100_000)
  const put = await client.send(
    new PutObjectCommand({
      ...at,
      Key,
      Body,
      ContentType: 'image/x-y',
      Metadata: { a: 'B c' },
      CacheControl: 'no-store',
    }),
  )
  t.equal(put.ChecksumCRC32, checksumOf('CRC32', Body))
  t.match(s3.head('box', Key), {
    key: Key,
    size: 100_000,
    etag: put.ETag,
    contentType: 'image/x-y',
    metadata: { a: 'B c' },
    headers: { 'cache-control': 'no-store' },
    checksum: { algorithm: 'CRC32', type: 'FULL_OBJECT' },
  })
  t.same(await s3.get('box', Key), Body)
})

t.test('returns a version only if the bucket has versions', async t => {
  const { s3, client } = await startS3(t)
  t.equal((await client.send(new PutObjectCommand({ ...at, Body: '1' }))).VersionId, undefined)
  s3.setVersioning('box', 'Enabled')
  const { VersionId } = await client.send(new PutObjectCommand({ ...at, Body: '2' }))
  t.type(VersionId, 'string')
  t.equal((await client.send(new HeadObjectCommand(at))).VersionId, VersionId)
})

t.test('lets one of eight concurrent writers with If-None-Match win', async t => {
  const { s3, client } = await startS3(t)
  const writers = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) =>
      client.send(new PutObjectCommand({ ...at, Body: `${i}`, IfNoneMatch: '*' })),
    ),
  )
  const winner = writers.findIndex(({ status }) => status === 'fulfilled')
  t.equal(writers.filter(({ status }) => status === 'fulfilled').length, 1)
  t.same(await s3.get('box', 'k'), Buffer.from(`${winner}`))
  for (const { reason } of writers.filter(result => result.status === 'rejected')) {
    t.match(reason, { name: 'PreconditionFailed' })
  }
})

t.test('keeps the object unchanged after a failed condition', async t => {
  const { s3, client } = await startS3(t)
  const { etag } = await s3.put('box', 'k', 'one')
  const put = (IfMatch: string) => client.send(new PutObjectCommand({ ...at, Body: 'two', IfMatch }))
  await t.rejects(put('"0"'), { name: 'PreconditionFailed' })
  t.same(await s3.get('box', 'k'), Buffer.from('one'))
  await put(etag)
  t.same(await s3.get('box', 'k'), Buffer.from('two'))
})

t.test('checks a condition again once the body has arrived', async t => {
  const { s3, client, files } = await startInFolder(t)
  const slow = s3.fault({ operation: 'PutObject', stallRequest: 1 })
  const put = client.send(new PutObjectCommand({ ...at, Body: patterned(1000), IfNoneMatch: '*' }))
  await slow.reached
  await s3.put('box', 'k', 'meanwhile')
  slow.release()
  await t.rejects(put, { name: 'PreconditionFailed' })
  t.same(await s3.get('box', 'k'), Buffer.from('meanwhile'))
  t.equal(files().length, 1, 'the rejected bytes are deleted')
})

t.test('limits a key to 1,024 bytes', async t => {
  const { s3 } = await startS3(t)
  const put = (key: string) =>
    sendRaw(s3, { method: 'PUT', path: `/box/${key}`, headers: { 'content-length': '0' } })
  t.equal((await put('k'.repeat(1024))).status, 200)
  t.match(await put('k'.repeat(1025)), { status: 400, code: 'KeyTooLongError' })
})

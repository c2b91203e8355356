import { CopyObjectCommand, type CopyObjectCommandInput, PutObjectCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { patterned } from '../patterned.js'
import { startS3 } from '../support.js'

const bytes = patterned(10_000)

async function startWithSource(t: Parameters<typeof startS3>[0]) {
  const { s3, client } = await startS3(t)
  const Key = 'from/a b+c.bin'
  await client.send(
    new PutObjectCommand({ Bucket: 'box', Key, Body: bytes, ContentType: 'video/mp4', Metadata: { a: 'b' } }),
  )
  const copy = (input: Partial<CopyObjectCommandInput> = {}) =>
    client.send(
      new CopyObjectCommand({
        Bucket: 'box',
        Key: 'to',
        CopySource: `box/${encodeURIComponent(Key)}`,
        ...input,
      }),
    )
  return { s3, Key, copy }
}

t.test('copies the bytes and properties of the source', async t => {
  const { s3, Key, copy } = await startWithSource(t)
  const { CopyObjectResult } = await copy()
  const [source, target] = [s3.head('box', Key), s3.head('box', 'to')]
  t.same(await s3.get('box', 'to'), bytes)
  t.equal(CopyObjectResult?.ETag, source?.etag)
  t.match(target, { contentType: 'video/mp4', metadata: { a: 'b' }, checksum: source?.checksum })
})

t.test('replaces the properties on request', async t => {
  const { s3, copy } = await startWithSource(t)
  await copy({ MetadataDirective: 'REPLACE', ContentType: 'text/plain', Metadata: { c: 'd' } })
  t.match(s3.head('box', 'to'), { contentType: 'text/plain', metadata: { c: 'd' } })
})

t.test('keeps a copy after its source is deleted', async t => {
  const { s3, Key, copy } = await startWithSource(t)
  await copy()
  s3.delete('box', Key)
  t.same(await s3.get('box', 'to'), bytes)
})

t.test('copies an object onto itself only with a change', async t => {
  const { s3, Key, copy } = await startWithSource(t)
  await t.rejects(copy({ Key }), { name: 'InvalidRequest' })
  await copy({ Key, MetadataDirective: 'REPLACE', Metadata: { e: 'f' } })
  t.match(s3.head('box', Key), { metadata: { e: 'f' }, size: bytes.length })
})

t.test('checks conditions on source and target', async t => {
  const { s3, Key, copy } = await startWithSource(t)
  const etag = s3.head('box', Key)!.etag
  await t.rejects(copy({ CopySourceIfMatch: '"0"' }), { name: 'PreconditionFailed' })
  await t.rejects(copy({ CopySourceIfNoneMatch: etag }), { name: 'PreconditionFailed' })
  t.equal(s3.head('box', 'to'), undefined)
  await copy({ CopySourceIfMatch: etag, IfNoneMatch: '*' })
  await t.rejects(copy({ IfNoneMatch: '*' }), { name: 'PreconditionFailed' })
})

t.test('copies from a version', async t => {
  const { s3, copy } = await startWithSource(t)
  s3.setVersioning('box', 'Enabled')
  const { versionId } = await s3.put('box', 'v', 'one')
  await s3.put('box', 'v', 'two')
  await copy({ CopySource: `box/v?versionId=${versionId}` })
  t.same(await s3.get('box', 'to'), Buffer.from('one'))
})

t.test('rejects an invalid source', async t => {
  const { copy } = await startWithSource(t)
  await t.rejects(copy({ CopySource: 'box/never' }), { name: 'NoSuchKey' })
  await t.rejects(copy({ CopySource: 'nowhere/k' }), { name: 'NoSuchBucket' })
  await t.rejects(copy({ CopySource: 'box' }), { name: 'InvalidArgument' })
  await t.rejects(copy({ CopySource: 'box/%zz' }), { name: 'InvalidArgument' })
})

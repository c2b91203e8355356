import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { LocalS3 } from '../../../lib/testing/index.js'
import { patterned } from '../patterned.js'
import { startS3 } from '../support.js'

const bytes = patterned(200_000)
const at = { Bucket: 'box', Key: 'a/../b c' }

const files = (folder: string) => readdirSync(join(folder, 'content'))

async function upload(client: S3Client, pieces: Buffer[]) {
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...at, ContentType: 'video/mp4' }),
  )
  const Parts: { PartNumber: number; ETag: string }[] = []
  for (const [i, Body] of pieces.entries()) {
    const { ETag } = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber: i + 1, Body }))
    Parts.push({ PartNumber: i + 1, ETag: ETag! })
  }
  return {
    UploadId,
    Parts,
    complete: () =>
      client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } })),
  }
}

/** Closes a server and starts another one in the same folder. */
async function restart(t: Test, s3: LocalS3, folder: string) {
  await s3.close()
  return startS3(t, { folder, minPartSize: 1 })
}

t.test('keeps objects and their properties after the server has closed', async t => {
  const folder = t.testdir({})
  const first = await startS3(t, { folder, minPartSize: 1 })
  await (await upload(first.client, [bytes.subarray(0, 1000), bytes.subarray(1000)])).complete()
  await first.client.send(
    new PutObjectCommand({
      Bucket: 'box',
      Key: 'k',
      Body: bytes,
      ChecksumAlgorithm: 'SHA1',
      Metadata: { a: 'b' },
    }),
  )
  const before = [first.s3.head('box', at.Key), first.s3.head('box', 'k')]
  const { s3, client } = await restart(t, first.s3, folder)
  t.same([s3.head('box', at.Key), s3.head('box', 'k')], before)
  t.ok((await s3.get('box', at.Key))?.equals(bytes))
  const got = await client.send(new GetObjectCommand({ ...at, PartNumber: 2, ChecksumMode: 'ENABLED' }))
  t.ok(Buffer.from(await got.Body!.transformToByteArray()).equals(bytes.subarray(1000)))
  t.equal(files(folder).length, 3)
})

t.test('restores versions and markers in order', async t => {
  const folder = t.testdir({})
  const { s3 } = await startS3(t, { folder })
  s3.setVersioning('box', 'Enabled')
  await s3.put('box', 'k', 'one')
  await s3.put('box', 'k', 'two')
  await s3.put('box', 'gone', 'x')
  s3.delete('box', 'gone')
  const again = await restart(t, s3, folder)
  t.same(await again.s3.get('box', 'k'), Buffer.from('two'))
  t.same(again.s3.keys('box'), ['k'])
  await again.s3.put('box', 'k', 'three')
  t.same(await (await restart(t, again.s3, folder)).s3.get('box', 'k'), Buffer.from('three'))
  t.equal(files(folder).length, 4)
})

t.test('leaves no file of replaced, deleted or aborted objects', async t => {
  const folder = t.testdir({})
  const { s3, client } = await startS3(t, { folder, minPartSize: 1 })
  await s3.put('box', at.Key, 'old')
  const { complete } = await upload(client, [bytes, bytes])
  await complete()
  t.equal(files(folder).length, 2)
  s3.delete('box', at.Key)
  t.equal(files(folder).length, 0)
  const { UploadId } = await upload(client, [bytes])
  t.equal(files(folder).length, 1)
  await client.send(new AbortMultipartUploadCommand({ ...at, UploadId }))
  t.equal(files(folder).length, 0)
  s3.fault({ operation: 'PutObject', resetRequest: 1 })
  await t.rejects(client.send(new PutObjectCommand({ ...at, Body: bytes })))
  await s3.idle()
  t.equal(files(folder).length, 0)
})

t.test('leaves no file of parts outside an object', async t => {
  const folder = t.testdir({})
  const { s3, client } = await startS3(t, { folder, minPartSize: 1 })
  const { Parts, UploadId } = await upload(client, [bytes, bytes, bytes])
  const MultipartUpload = { Parts: [Parts[0]!, Parts[2]!] }
  await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }))
  t.equal(files(folder).length, 2)

  const aborted = await upload(client, [])
  const fault = s3.fault({ operation: 'UploadPart', stallRequest: 1 })
  const part = new UploadPartCommand({ ...at, UploadId: aborted.UploadId, PartNumber: 1, Body: bytes })
  const uploading = client.send(part)
  await fault.reached
  await client.send(new AbortMultipartUploadCommand({ ...at, UploadId: aborted.UploadId }))
  fault.release()
  await t.rejects(uploading, { name: 'NoSuchUpload' })
  t.equal(files(folder).length, 2)
})

t.test('reads an object to its end even if it is deleted meanwhile', async t => {
  const folder = t.testdir({})
  const { s3, client } = await startS3(t, { folder })
  await s3.put('box', 'k', bytes)
  const fault = s3.fault({ operation: 'GetObject', hold: true, performed: true })
  const getting = client.send(new GetObjectCommand({ Bucket: 'box', Key: 'k' }))
  await fault.reached
  s3.delete('box', 'k')
  t.equal(files(folder).length, 1)
  fault.release()
  const { Body } = await getting
  t.ok(Buffer.from(await Body!.transformToByteArray()).equals(bytes))
  await s3.idle()
  t.equal(files(folder).length, 0)
})

t.test('removes incomplete uploads at the next start', async t => {
  const folder = t.testdir({})
  const first = await startS3(t, { folder, minPartSize: 1 })
  await first.s3.put('box', 'kept', 'x')
  await upload(first.client, [bytes, bytes])
  t.equal(files(folder).length, 3)
  const { s3 } = await restart(t, first.s3, folder)
  t.equal(files(folder).length, 1)
  t.same(s3.uploads('box'), [])
  t.same(await s3.get('box', 'kept'), Buffer.from('x'))
})

t.test('keeps a deleted bucket deleted, and a synthetic object as long as the process lives', async t => {
  const folder = t.testdir({})
  const { s3 } = await startS3(t, { folder, buckets: ['box', 'other'] })
  s3.putSynthetic('box', 'huge', 2 ** 40, (start, end) => Buffer.alloc(end - start))
  s3.deleteBucket('other')
  const again = await restart(t, s3, folder)
  t.equal(again.s3.head('box', 'huge'), undefined)
  t.throws(() => again.s3.keys('other'), { code: 'NoSuchBucket' })
})

t.test('repairs the leftovers of a killed process', async t => {
  const folder = t.testdir({})
  const { s3 } = await startS3(t, { folder })
  await s3.put('box', 'k', 'old')
  const versions = join(folder, 'buckets', 'box', 'versions')
  const [old] = readdirSync(versions)
  const saved = readFileSync(join(versions, old!))
  const [content] = files(folder)
  const bytesOfOld = readFileSync(join(folder, 'content', content!))
  await s3.put('box', 'k', 'new')
  await s3.close()
  // The old version is not removed yet, and another version and a bucket are incomplete.
  writeFileSync(join(versions, old!), saved)
  writeFileSync(join(folder, 'content', content!), bytesOfOld)
  writeFileSync(join(versions, 'x.json.new'), '{"ki')
  mkdirSync(join(folder, 'buckets', 'begun'))
  const again = await startS3(t, { folder })
  t.same(await again.s3.get('box', 'k'), Buffer.from('new'))
  t.equal(readdirSync(versions).length, 1)
  t.equal(files(folder).length, 1)
  t.throws(() => again.s3.keys('begun'), { code: 'NoSuchBucket' })
})

t.test('does not touch a foreign directory', async t => {
  const folder = t.testdir({ content: { 'a.txt': 'precious' } })
  await t.rejects(LocalS3.start({ folder }), { code: 'AVIO_ERR_OPTION', option: 'folder' })
  t.same(files(folder), ['a.txt'])
})

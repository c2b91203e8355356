import { createHash } from 'node:crypto'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { main } from '../../examples/composition.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { transportStream } from '../support/media.js'

async function open(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['masters', 'web', 'backup'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('masters', 'in.ts', await transportStream())
  return { s3, client }
}

const URIS = ['s3://masters/in.ts', 's3://web/out.mp4', 's3://backup/out.mp4']

t.test('stores the same bytes in both buckets, and prints their hash', async t => {
  const { s3, client } = await open(t)
  const { sha256, etags } = await main(URIS, { client })
  const stored = (await s3.get('web', 'out.mp4'))!
  t.same(await s3.get('backup', 'out.mp4'), stored)
  t.equal(createHash('sha256').update(stored).digest('hex'), sha256)
  t.same(etags, [s3.head('web', 'out.mp4')?.etag, s3.head('backup', 'out.mp4')?.etag])
})

t.test('stores nothing in either bucket if the source fails', async t => {
  const { s3, client } = await open(t)
  s3.fault({ operation: 'GetObject', status: 403, code: 'AccessDenied' })
  await t.rejects(main(URIS, { client }), { code: 'AVIO_ERR_ACCESS_DENIED' })
  t.same([...s3.keys('web'), ...s3.keys('backup')], [])
})

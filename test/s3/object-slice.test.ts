import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import type { RandomAccess } from '../../lib/io/random-access.js'
import { ObjectSlice } from '../../lib/s3/object-slice.js'
import { S3Source } from '../../lib/s3/s3-source.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { randomAccessSuite } from '../support/random-access-suite.js'

async function slice(t: Test, start: number, end: number, content = '0123456789'): Promise<ObjectSlice> {
  const s3 = await LocalS3.start({ buckets: ['bucket'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('bucket', 'k', content)
  return new ObjectSlice(new S3Source({ client, bucket: 'bucket', key: 'k' }), start, end)
}

async function text(chunks: AsyncIterable<Buffer>): Promise<string> {
  let all = ''
  for await (const chunk of chunks) all += chunk.toString()
  return all
}

t.test('maps its byte 0 to the object’s byte start, and ends at end', async t => {
  const middle = await slice(t, 3, 8)
  t.equal(await middle.size(), 5)
  t.equal(await text(middle.read(0, 5)), '34567')
  t.equal(await text(middle.read(1, 3)), '45')
  t.equal(await text(middle.read(5, 5)), '')
  await t.rejects(text(middle.read(3, 6)), { code: 'AVIO_ERR_RANGE_NOT_SATISFIABLE' })
})

t.test('ends with the object if that ends first', async t => {
  for (const end of [Infinity, 10, 99]) {
    const rest = await slice(t, 7, end)
    t.equal(await rest.size(), 3)
    t.equal(await text(rest.read(0, 3)), '789')
    await t.rejects(text(rest.read(0, 4)), { code: 'AVIO_ERR_RANGE_NOT_SATISFIABLE' })
  }
})

t.test('rejects a start past the end', async t => {
  for (const start of [10, 11]) {
    await t.rejects((await slice(t, start, Infinity)).size(), {
      code: 'AVIO_ERR_RANGE_NOT_SATISFIABLE',
      message: new RegExp(`Cannot read byte ${start} .* has 10 bytes`),
    })
  }
  t.equal(await (await slice(t, 0, 5, '')).size(), 0, 'all of an empty object')
  await t.rejects((await slice(t, 1, 5, '')).size(), { code: 'AVIO_ERR_RANGE_NOT_SATISFIABLE' })
})

t.test('passes an abort to the request', async t => {
  const one = await slice(t, 3, 8)
  const abort = new AbortController()
  abort.abort()
  await t.rejects(one.size(abort.signal), { name: 'AbortError' })
  await t.rejects(text(one.read(0, 5, abort.signal)), { name: 'AbortError' })
})

randomAccessSuite(
  t,
  'a part of an object',
  async (t, bytes): Promise<RandomAccess> => {
    const s3 = await LocalS3.start({ buckets: ['bucket'] })
    const client = new S3Client(s3.clientConfig())
    t.teardown(async () => {
      client.destroy()
      await s3.close()
    })
    // An empty part of an object with bytes is an error: there is no byte at its start.
    const before = bytes.length === 0 ? 0 : 7
    await s3.put('bucket', 'k', Buffer.concat([Buffer.alloc(before, 1), bytes, Buffer.alloc(before, 2)]))
    return new ObjectSlice(
      new S3Source({ client, bucket: 'bucket', key: 'k' }),
      before,
      before + bytes.length || Infinity,
    )
  },
  'AVIO_ERR_RANGE_NOT_SATISFIABLE',
)

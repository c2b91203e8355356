import { DeleteObjectsCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { sendRaw, startS3 } from '../support.js'

t.test('deletes many objects at once, existing or not', async t => {
  const { s3, client } = await startS3(t)
  for (const key of ['a', 'b&<c>', 'd']) await s3.put('box', key, 'x')
  const del = (Quiet: boolean, ...keys: string[]) =>
    client.send(
      new DeleteObjectsCommand({ Bucket: 'box', Delete: { Quiet, Objects: keys.map(Key => ({ Key })) } }),
    )
  const { Deleted, Errors } = await del(false, 'a', 'b&<c>', 'never')
  t.same(
    Deleted?.map(({ Key }) => Key),
    ['a', 'b&<c>', 'never'],
  )
  t.equal(Errors, undefined)
  t.same(s3.keys('box'), ['d'])
  t.equal((await del(true, 'd')).Deleted, undefined)
})

t.test('deletes nothing for a malformed or altered list', async t => {
  const { s3 } = await startS3(t)
  await s3.put('box', 'a', 'x')
  const post = (body: string, headers: Record<string, string> = {}) =>
    sendRaw(s3, {
      method: 'POST',
      path: '/box?delete=',
      body,
      headers: { 'content-length': String(body.length), ...headers },
    })
  const list = '<Delete><Object><Key>a</Key></Object></Delete>'
  t.match(await post('<Delete></Delete>'), { status: 400, code: 'MalformedXML' })
  t.match(await post('<Delete><Object><Key>a</Key></Object><Object/></Delete>'), { code: 'MalformedXML' })
  t.match(await post(list, { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }), { status: 400, code: 'BadDigest' })
  t.match(await post(list, { 'x-amz-checksum-crc32': 'AAAAAA==' }), { status: 400, code: 'BadDigest' })
  t.same(s3.keys('box'), ['a'])
  t.equal((await post(list)).status, 200)
  t.same(s3.keys('box'), [])
})

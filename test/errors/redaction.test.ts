import t from 'tap'
import { discreet, plain } from '../../lib/errors/redaction.js'

t.test('removes queries, fragments, users and passwords from URLs', async t => {
  const url = 'https://ann:pass@media.example.com/a/talk.mov?X-Amz-Signature=5ec4e7&x=1#part'
  t.equal(
    discreet(`Invalid URL: "${url}", and ${url}`),
    'Invalid URL: "https://media.example.com/a/talk.mov", and https://media.example.com/a/talk.mov',
  )
  for (const text of ['', 'Is it there?', 'a@b.c', 'https://a.b/c: 404. Is it there?']) {
    t.equal(discreet(text), text)
  }
})

t.test('leaves S3 keys as they are', async t => {
  for (const text of ['s3://bucket/key', 's3://bucket/who?/take #2/a@b.mov', 's3://a@b/c']) {
    t.equal(discreet(text), text)
  }
})

t.test('keeps JSON values at any depth, and drops all others', async t => {
  class Client {
    readonly credentials = 'sesame'
  }
  t.equal(plain(8n), '8')
  t.equal(plain(null), null)
  t.equal(plain(undefined), undefined)
  t.equal(plain(new Client()), undefined, 'class instances are not serialized')
  t.equal(
    plain(() => 1),
    undefined,
  )
  t.same(plain({ a: ['https://b.c/d?e', new Client(), { f: true }] }), {
    a: ['https://b.c/d', undefined, { f: true }],
  })
  t.same(plain(Object.assign(Object.create(null), { g: 1 })), { g: 1 })
})

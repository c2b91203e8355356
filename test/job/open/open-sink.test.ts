import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { openSink, openStorage } from '../../../lib/job/open/open-sink.js'
import { LocalS3 } from '../../../lib/testing/index.js'

const s3 = await LocalS3.start({ buckets: ['web'] })
const client = new S3Client(s3.clientConfig())
const folder = await mkdtemp(join(tmpdir(), 'avio-streams-open-'))
t.teardown(async () => {
  client.destroy()
  await s3.close()
  await rm(folder, { recursive: true })
})
const settings = { client, stdout: undefined, signal: new AbortController().signal }
const at = (key: string) => ({ kind: 's3', bucket: 'web', key }) as const

t.test('sends every property of an object to S3', async t => {
  const sink = openSink(
    at('a.mp4'),
    {
      ...{
        cacheControl: 'no-cache',
        contentDisposition: 'attachment',
        contentLanguage: 'de',
        contentType: 'video/x-a',
      },
      ...{ metadata: { title: 'A' }, tags: { a: 'b c', d: '&=' }, storageClass: 'STANDARD_IA' },
      ...{ serverSideEncryption: 'aws:kms', kmsKeyId: 'key-1' },
    },
    settings,
  )
  await pipeline(['bytes'], sink)
  const { headers } = s3.calls.at(-1)!
  t.match(headers, {
    ...{ 'cache-control': 'no-cache', 'content-disposition': 'attachment', 'content-language': 'de' },
    ...{ 'content-type': 'video/x-a', 'x-amz-meta-title': 'A', 'x-amz-tagging': 'a=b+c&d=%26%3D' },
    ...{ 'x-amz-storage-class': 'STANDARD_IA', 'x-amz-server-side-encryption': 'aws:kms' },
    'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
  })
})

t.test('stores under the conditions of the job', async t => {
  await s3.put('web', 'b', Buffer.from('old'))
  for (const as of [{ ifNoneMatch: '*' as const }, { ifMatch: '"other"' }]) {
    await t.rejects(pipeline(['new'], openSink(at('b'), as, settings)), {
      code: 'AVIO_ERR_PRECONDITION_FAILED',
    })
  }
  t.equal((await s3.get('web', 'b'))!.toString(), 'old')
})

t.test('writes files, and keeps an existing one with ifNoneMatch', async t => {
  const path = join(folder, 'a')
  await pipeline(['old'], openSink({ kind: 'file', path }, {}, settings))
  await t.rejects(pipeline(['new'], openSink({ kind: 'file', path }, { ifNoneMatch: '*' }, settings)))
  t.equal(await readFile(path, 'utf8'), 'old')
  await pipeline(['new'], openSink({ kind: 'file', path }, {}, settings))
  t.equal(await readFile(path, 'utf8'), 'new')
})

t.test('writes to standard output', async t => {
  const stdout = new PassThrough()
  t.equal(openSink({ kind: 'stdio' }, {}, { ...settings, stdout }), stdout)
})

t.test('opens a prefix or a directory for several objects', async t => {
  const info = { contentType: 'image/jpeg' }
  await pipeline(['x'], openStorage(at('p/'), { storageClass: 'STANDARD_IA' }, client).open('a/b.jpg', info))
  t.match(s3.calls.at(-1), { key: 'p/a/b.jpg', headers: { 'x-amz-storage-class': 'STANDARD_IA' } })
  await pipeline(['x'], openStorage({ kind: 'file', path: folder }, {}, undefined).open('c/d.jpg', info))
  t.equal(await readFile(join(folder, 'c', 'd.jpg'), 'utf8'), 'x')
})

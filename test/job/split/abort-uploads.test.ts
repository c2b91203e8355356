import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { abortUploads } from '../../../lib/job/split/abort-uploads.js'
import { openSplit } from '../../support/split.js'

t.test('aborts all uploads below a prefix, and returns why some are left', async t => {
  const { s3, client, left } = await openSplit(t, Buffer.from('x'))
  const begin = (Key: string) => client.send(new CreateMultipartUploadCommand({ Bucket: 'work', Key }))
  const below = { client, bucket: 'work', prefix: 'a/' }
  for (const key of ['a/1', 'a/2', 'b/1']) await begin(key)
  const denied = { status: 403, code: 'AccessDenied' }
  s3.fault({ operation: 'ListMultipartUploads', ...denied })
  t.match(await abortUploads(below), { code: 'AVIO_ERR_ACCESS_DENIED', operation: 'ListMultipartUploads' })
  t.equal(left().length, 3)
  s3.fault({ operation: 'AbortMultipartUpload', ...denied })
  t.match(await abortUploads(below), { code: 'AVIO_ERR_ACCESS_DENIED', key: 'a/1' })
  t.equal(left().length, 2, 'the others are aborted')
  t.equal(await abortUploads(below), undefined)
  t.match(left(), [{ key: 'b/1' }])
  await t.rejects(abortUploads({ ...below, signal: AbortSignal.abort() }), { name: 'AbortError' })
})

import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { runCli, runHere, storeWithClip } from '../../support/cli.js'
import { wordsOf } from '../../support/shell-words.js'

t.test('lists stale uploads, and aborts them only with --delete', async t => {
  const { s3 } = await storeWithClip(t)
  const client = new S3Client(s3.clientConfig())
  t.teardown(() => client.destroy())
  for (const Key of ['a/1', 'b/2'])
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'web', Key }))
  const listed = await runCli(wordsOf('clean s3://web/a --older-than 0s'), { s3 })
  t.match(listed, { code: 0, stdout: /^stale {2}\S+ {2}s3:\/\/web\/a\/1\n$/, stderr: /1 upload stale/ })
  t.equal(s3.uploads('web').length, 2)
  const young = await runCli(wordsOf('clean s3://web --older-than 1h --delete'), { s3 })
  t.match(young, { code: 0, stdout: /^$/ })
  const aborted = await runCli(wordsOf('clean s3://web --older-than 0s --delete --json'), { s3 })
  t.equal(aborted.code, 0, aborted.stderr)
  t.match(
    aborted.stdout
      .toString()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as object),
    [
      { url: 's3://web/a/1', aborted: true },
      { url: 's3://web/b/2', aborted: true },
    ],
  )
  t.same(s3.uploads('web'), [])
})

t.test('lists the work of abandoned jobs, and removes it only with --delete', async t => {
  const { s3 } = await storeWithClip(t)
  const work = `pieces/${'a'.repeat(64)}/`
  for (const key of [`${work}chunk-00000.json`, `${work}chunk-00000/x.mp4`, 'pieces/readme', 'a.mp4'])
    await s3.put('web', key, '12345')
  const listed = await runHere(wordsOf('clean --work s3://web/pieces --older-than 0s'), { s3 })
  t.match(listed, { code: 0, stderr: /^1 abandoned job stale; --delete removes them\.\n/ })
  t.match(listed.stdout.toString(), `s3://web/${work}  2 objects, 10 B, 0 uploads\n`)
  t.match(listed.stderr, /lifecycle of the bucket web does the same: \{.*"Prefix":"pieces\/".*"Days":1/)
  t.match(await runHere(wordsOf('clean --work s3://web/pieces/ --older-than 1h --delete'), { s3 }), {
    ...{ code: 0, stdout: /^$/ },
  })
  t.equal(s3.keys('web').length, 4)
  const both = 'clean s3://web --work s3://web --older-than 0s --delete --json'
  t.match(
    await runHere(wordsOf(both), { s3 }),
    { code: 0, stdout: /^$/ },
    'pieces/ is no work of this prefix',
  )
  const line = 'clean --work s3://web/pieces/ --older-than 0s --delete --json'
  s3.fault({ operation: 'DeleteObject', status: 403, code: 'AccessDenied' })
  const failed = await runHere(wordsOf(line), { s3 })
  t.match(failed, { code: 5, stderr: /AVIO_ERR_ACCESS_DENIED/ })
  t.match(JSON.parse(failed.stdout.toString()), { url: `s3://web/${work}`, removed: false })
  const removed = await runHere(wordsOf(line), { s3 })
  t.equal(removed.code, 0, removed.stderr)
  t.match(JSON.parse(removed.stdout.toString()), { url: `s3://web/${work}`, objects: 2, removed: true })
  t.same(s3.keys('web'), ['a.mp4', 'pieces/readme'])
})

t.test('wants a bucket and an age', async t => {
  for (const [line, message] of [
    ['clean', /Name one bucket/],
    ['clean web --older-than 1h', /Name one bucket/],
    ['clean s3://web', /Give the minimum age/],
    ['clean --work s3://web/pieces/', /Give the minimum age/],
    ['clean --work pieces/ --older-than 1h', /Name one bucket/],
    ['clean s3://web --older-than 7', /must be a span of time/],
  ] as const) {
    t.match(await runCli(wordsOf(line)), { code: 2, stderr: message }, line)
  }
})

import { CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { runCli, storeWithClip } from '../../support/cli.js'
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

t.test('wants a bucket and an age', async t => {
  for (const [line, message] of [
    ['clean', /Name one bucket/],
    ['clean web --older-than 1h', /Name one bucket/],
    ['clean s3://web', /Say how old an upload must be/],
    ['clean s3://web --older-than 7', /must be a span of time/],
  ] as const) {
    t.match(await runCli(wordsOf(line)), { code: 2, stderr: message }, line)
  }
})

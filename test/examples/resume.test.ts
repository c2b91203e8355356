import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { main } from '../../examples/resume.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { PART } from '../support/upload-store.js'
import { DATA } from '../support/uploads.js'

async function open(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['masters', 'archive'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('masters', 'talk.mov', DATA)
  const file = join(t.testdir(), 'checkpoint.json')
  const args = ['s3://masters/talk.mov', 's3://archive/talk.mov', file]
  return { s3, file, args, options: { client, partSize: PART, concurrency: 1 } }
}

const partNumbers = (s3: LocalS3) =>
  s3.calls.filter(call => call.operation === 'UploadPart').map(({ partNumber }) => partNumber)

t.test('sends in the second run what the first one did not, and removes the state', async t => {
  const { s3, file, args, options } = await open(t)
  s3.fault({ operation: 'UploadPart', when: call => call.partNumber === 3, status: 403 })
  await t.rejects(main(args, options), { code: 'AVIO_ERR_ACCESS_DENIED' })
  t.match(JSON.parse(await readFile(file, 'utf8')), { bucket: 'archive', key: 'talk.mov', partSize: PART })
  s3.clearCalls()
  t.match(await main(args, { client: options.client }), { bytes: DATA.length, parts: 4 })
  t.same(partNumbers(s3), [3, 4])
  t.equal(Buffer.compare((await s3.get('archive', 'talk.mov'))!, DATA), 0)
  t.equal(existsSync(file), false)
})

t.test('starts over after the state is removed, and prints its usage', async t => {
  const { s3, file, args, options } = await open(t)
  await main(args, options)
  t.equal(existsSync(file), false)
  await main(args, options)
  t.same(partNumbers(s3), [1, 2, 3, 4, 1, 2, 3, 4])
  await t.rejects(main(args.slice(1), options), { message: /^Usage/ })
  await t.rejects(main([...args.slice(0, 2), t.testdirName], options), { code: 'EISDIR' })
})

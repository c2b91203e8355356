import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { readStoreClock } from '../../../lib/s3/request/store-clock.js'
import { LocalS3 } from '../../../lib/testing/index.js'

t.test('tells the time of the store, and that of this machine for a response without a date', async t => {
  const s3 = await LocalS3.start()
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const asked = async (date: string) => {
    s3.fault({ operation: 'ListBuckets', answerHeaders: { date } })
    const seen: number[] = []
    const command = new ListBucketsCommand({})
    readStoreClock(command, now => seen.push(now))
    await client.send(command)
    return seen
  }
  // The SDK goes by a clock that differs more, and the server then refuses its requests.
  const date = new Date(Date.now() + 200_000).toUTCString()
  t.same(await asked(date), [Date.parse(date)])
  const before = Date.now()
  const [now = 0] = await asked('soon')
  t.ok(now >= before && now <= Date.now(), `${now}`)
})

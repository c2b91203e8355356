import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { buffer } from 'node:stream/consumers'
import { sendWithTimeout } from '../../../lib/s3/request/send-with-timeout.js'
import { StallWatch } from '../../../lib/s3/request/stall-watch.js'
import { S3RangeReadable } from '../../../lib/s3/s3-range-readable.js'
import { Sending } from '../../../lib/s3/request/send-once.js'
import { fakeStore } from '../../support/fake-store.js'
import { UploadStore } from '../../support/upload-store.js'
import { writer } from '../../support/uploads.js'

const config = (maxSockets: number) => ({ httpAgent: { maxSockets }, socketAcquisitionWarningTimeout: 1e9 })

t.test('does not time out a request queued longer than stallTimeout by a client with one socket', async t => {
  const store = await UploadStore.open(t, { server: { pace: { ttfb: 700 } } })
  const client = new S3Client({ ...store.s3.clientConfig(), requestHandler: config(1) })
  t.teardown(() => client.destroy())
  const options = { stallTimeout: 5000, maxAttempts: 1 }
  const keys = Array.from({ length: 10 }, (_, n) => `k${n}`)
  await Promise.all(
    keys.map(key => {
      const sink = writer({ client, bucket: store.bucket }, { key, ...options })
      sink.end('a small object')
      return sink.result
    }),
  )
  t.same(
    store.log,
    keys.map(() => 'put'),
  )
  store.s3.clearCalls()
  const read = await Promise.all(
    keys.map(key => buffer(new S3RangeReadable({ client, bucket: 'uploads', key, ...options }))),
  )
  t.same(
    read.map(String),
    keys.map(() => 'a small object'),
  )
  t.equal(store.log.length, keys.length)
})

t.test('times out a silent request with a socket, and lets the next one start', async t => {
  const store = await UploadStore.open(t)
  const client = new S3Client({ ...store.s3.clientConfig(), requestHandler: config(1) })
  t.teardown(() => client.destroy())
  await store.s3.put('uploads', 'k', 'x')
  store.s3.fault({ operation: 'HeadObject', stall: true })
  const head = () =>
    sendWithTimeout(client, new HeadObjectCommand({ Bucket: 'uploads', Key: 'k' }), { timeout: 500 })
  const [first, second] = await Promise.allSettled([head(), head()])
  t.match(first, { status: 'rejected', reason: { name: 'TimeoutError' } })
  t.equal(second.status, 'fulfilled')
})

t.test(
  'starts the clock at the handover if the handler exposes no queue, and works with a client without one',
  async t => {
    for (const client of [
      fakeStore(() => new Promise(() => undefined)),
      { send: () => new Promise(() => undefined) } as unknown as S3Client,
    ]) {
      const stalled = new Promise(resolve => new StallWatch(client, new Sending(client), 20, resolve))
      t.equal(await stalled, undefined)
    }
  },
)

t.test('reports nothing once stopped', async t => {
  const client = fakeStore(() => ({ status: 200 }))
  const watch = new StallWatch(client, new Sending(client), 5, () => t.fail('a stall was reported'))
  watch.alive(1)
  watch.moved()
  watch.stop()
  await new Promise(resolve => setTimeout(resolve, 20))
})

import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { MiB } from '../../../lib/options.js'
import { SocketDemand, demandOn, warnOfShortage } from '../../../lib/s3/request/socket-demand.js'
import { S3RangeReadable } from '../../../lib/s3/s3-range-readable.js'
import { avioWarnings } from '../../support/avio-warnings.js'
import { UploadStore } from '../../support/upload-store.js'
import { DATA, source, writer } from '../../support/uploads.js'

const NONE = { connections: 0, stages: 0 }

t.test('sums what the stages of each client ask for', t => {
  const [one, other] = [{}, {}]
  const [a, b, c] = [new SocketDemand(one), new SocketDemand(one), new SocketDemand(other)]
  t.same(demandOn(one), NONE)
  a.ask(1)
  a.ask(6)
  b.ask(4)
  c.ask(2)
  t.same(demandOn(one), { connections: 10, stages: 2 })
  t.same(demandOn(other), { connections: 2, stages: 1 })
  a.ask(0)
  a.ask(0)
  t.same(demandOn(one), { connections: 4, stages: 1 })
  b.ask(0)
  t.same(demandOn(one), NONE)
  t.end()
})

t.test('warns once for each client, with what is asked, what is allowed, and what to set', async t => {
  const warnings = avioWarnings(t)
  for (const [limits, protocol, message] of [
    [{ maxSockets: 9 }, 'http:', /allows 9 \(maxSockets\).* \{ httpAgent: \{ maxSockets: 10 \} \}/],
    [{ maxSockets: 9 }, 'https:', /\{ httpsAgent: \{ maxSockets: 10 \} \}/],
    [{ maxSockets: 20, maxTotalSockets: 8 }, 'https:', /allows 8 \(maxTotalSockets\).*maxTotalSockets: 10/],
  ] as const) {
    const client = {}
    new SocketDemand(client).ask(6)
    new SocketDemand(client).ask(4)
    warnOfShortage(client, limits, protocol)
    warnOfShortage(client, limits, protocol)
    t.match(await warnings(), [{ name: 'AvioWarning', code: 'AVIO_WARN_MAX_SOCKETS', message }])
  }
  const client = {}
  new SocketDemand(client).ask(2)
  warnOfShortage(client, { maxSockets: 1 }, 'https:')
  t.same(
    (await warnings()).map(({ message }) => message),
    [
      'One open stage asks for 2 connections at once through one S3Client, which allows 1 (maxSockets): requests ' +
        'wait for each other. Create the client with requestHandler: { httpsAgent: { maxSockets: 2 } }, or lower ' +
        '"concurrency".',
    ],
  )
})

t.test('does not warn of a limit that suffices, or of none', async t => {
  const warnings = avioWarnings(t)
  const client = {}
  new SocketDemand(client).ask(10)
  for (const limits of [{ maxSockets: 10 }, { maxSockets: Infinity, maxTotalSockets: 10 }, {}])
    warnOfShortage(client, limits, 'http:')
  t.same(await warnings(), [])
})

/** A store with an object of 24 MiB, and a client with so many sockets. */
async function open(t: Test, maxSockets: number) {
  const store = await UploadStore.open(t)
  const requestHandler = { httpAgent: { maxSockets }, socketAcquisitionWarningTimeout: 1e9 }
  const client = new S3Client({ ...store.s3.clientConfig(), requestHandler })
  t.teardown(() => client.destroy())
  await store.s3.put('uploads', 'in', Buffer.alloc(24 * MiB, 'x'))
  await store.s3.put('uploads', 'small', 'x')
  return { client, bucket: 'uploads', s3: store.s3 }
}

t.test('a pipeline with fewer sockets than its stages ask for is a warning, and works', async t => {
  const warnings = avioWarnings(t)
  for (const [maxSockets, count] of [
    [2, 1],
    [10, 0],
  ] as const) {
    const { client, bucket, s3 } = await open(t, maxSockets)
    // Both stages have begun before the second range and the second part are answered.
    for (let run = 0; run < 2; run++) {
      const held = s3.fault({ operation: 'UploadPart', nth: 1, hold: true })
      const reader = new S3RangeReadable({ client, bucket, key: 'in', partSize: MiB })
      const done = pipeline(reader, writer({ client, bucket }, { key: 'out', concurrency: 4 }))
      await held.reached
      t.match(demandOn(client), { stages: 2, connections: 10 })
      held.release()
      await done
      t.same(demandOn(client), NONE, 'and the end gives back what was asked')
    }
    t.equal((await s3.get('uploads', 'out'))!.length, 24 * MiB)
    const heard = await warnings()
    t.equal(heard.length, count, `${maxSockets} sockets`)
    for (const { message } of heard) t.match(message, /connections at once .* which allows 2 \(maxSockets\)/)
  }
})

t.test('small objects ask for one connection each', async t => {
  const warnings = avioWarnings(t)
  const read = async (client: S3Client) => {
    await buffer(new S3RangeReadable({ client, bucket: 'uploads', key: 'small' }))
  }
  const write = async (client: S3Client, n: number) => {
    const sink = writer({ client, bucket: 'uploads' }, { key: `out${n}`, concurrency: 4 })
    sink.end('x')
    await sink.result
  }
  for (const job of [read, write]) {
    const { client } = await open(t, 4)
    const jobs = (count: number) => Promise.all(Array.from({ length: count }, (_, n) => job(client, n)))
    await jobs(4)
    t.same(await warnings(), [])
    await jobs(20)
    t.match(await warnings(), [{ message: /^20 open stages ask for 20 connections/ }], 'more than sockets')
    t.same(demandOn(client), NONE)
  }
})

t.test('a stage that fails, stops or is destroyed asks for nothing any more', async t => {
  const { client, bucket, s3 } = await open(t, 50)
  s3.fault({ operation: 'GetObject', nth: 2, times: Infinity, status: 403 })
  const failing = new S3RangeReadable({ client, bucket, key: 'in' })
  await t.rejects(buffer(failing), { code: 'AVIO_ERR_ACCESS_DENIED' })
  t.same(demandOn(client), NONE, 'a failed reader')

  const destroyed = new S3RangeReadable({ client, bucket, key: 'small' })
  destroyed.read(0)
  t.match(demandOn(client), { connections: 1 })
  destroyed.destroy()
  await once(destroyed, 'close')
  t.same(demandOn(client), NONE, 'a destroyed reader')

  s3.fault({ operation: 'UploadPart', nth: 1, status: 403 })
  const sink = writer({ client, bucket }, { key: 'out' })
  await t.rejects(pipeline(source(DATA), sink), { code: 'AVIO_ERR_ACCESS_DENIED' })
  await t.rejects(sink.result)
  t.same(demandOn(client), NONE, 'a failed writer')
})

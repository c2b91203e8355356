import { once } from 'node:events'
import { Agent } from 'node:https'
import { type AddressInfo, connect, createServer } from 'node:net'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { KiB, MiB } from '../../lib/options.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { type FaultAction, LocalS3 } from '../../lib/testing/index.js'
import { local, pattern, read, turn } from '../support/reading.js'

t.test('resumes each fault at the first, a middle and the last request at its byte', async t => {
  const faults: [FaultAction, number][] = [
    [{ reset: true }, 0],
    [{ shortBody: 0 }, 0],
    [{ shortBody: 1 }, 1],
    [{ shortBody: 9 }, 9],
    [{ stall: true }, 0],
    [{ stall: 4 }, 4],
    [{ status: 500 }, 0],
    [{ status: 503, code: 'SlowDown' }, 0],
  ]
  for (const nth of [1, 3, 5]) {
    for (const [fault, came] of faults) {
      const { s3, source, ranges } = await local(t)
      s3.fault({ operation: 'GetObject', nth, ...fault })
      const { bytes, error } = await read(
        source({ partSize: 10, concurrency: 1, ...('stall' in fault && { stallTimeout: 1000 }) }),
      )
      const name = `${JSON.stringify(fault)} at request ${nth}`
      t.equal(error, undefined, name)
      t.same(bytes, pattern(0, 50), name)
      const asked = [0, 10, 20, 30, 40].map(start => `bytes=${start}-${start + 9}`)
      asked.splice(nth, 0, `bytes=${10 * (nth - 1) + came}-${10 * nth - 1}`)
      t.same(ranges(), asked, name)
    }
  }
})

t.test('rejects a range that fails for good at its byte, after all bytes before it', async t => {
  for (const nth of [1, 3, 5]) {
    const { s3, source, ranges } = await local(t)
    const start = 10 * (nth - 1)
    s3.fault({ rangeBeyond: start, times: Infinity, shortBody: 2 })
    const { bytes, error } = await read(source({ partSize: 10, concurrency: 1, maxAttempts: 2 }))
    t.match(error, {
      code: 'AVIO_ERR_READ_FAILED',
      bucket: 'bucket',
      key: 'k',
      byteOffset: start + 4,
      attempts: 2,
      cause: { name: /./ },
    })
    t.same(bytes, pattern(0, start + 4))
    t.equal(ranges().length, nth + 1)
  }
})

t.test('cancels the ranges after a failed one, and lets those before it finish', async t => {
  const { s3, source } = await local(t, 50 * KiB)
  const first = s3.fault({ rangeBeyond: 10 * KiB, hold: true })
  s3.fault({ rangeBeyond: 30 * KiB, times: Infinity, stall: 1 })
  s3.fault({ rangeBeyond: 20 * KiB, when: call => call.range === 'bytes=20480-30719', status: 403 })
  const reading = read(source({ partSize: 10 * KiB, concurrency: 5 }))
  await first.reached
  while (!s3.calls.some(call => call.aborted)) await turn()
  first.release()
  const { bytes, error } = await reading
  t.match(error, { code: 'AVIO_ERR_ACCESS_DENIED', byteOffset: 20 * KiB })
  t.ok(bytes.equals(pattern(0, 20 * KiB)))
})

t.test('rejects an object that changes during the read, and never mixes versions', async t => {
  for (const nth of [2, 3, 5]) {
    const { s3, source } = await local(t)
    s3.fault({ operation: 'GetObject', nth, changed: Buffer.alloc(50, 'X') })
    const { bytes, error } = await read(source({ partSize: 10, concurrency: 1 }))
    t.match(error, { code: 'AVIO_ERR_OBJECT_CHANGED', byteOffset: 10 * (nth - 1) })
    t.same(bytes, pattern(0, 10 * (nth - 1)))
  }
})

t.test('resumes where a TLS record was damaged in transit', async t => {
  const s3 = await LocalS3.start({ buckets: ['bucket'], tls: true })
  s3.putSynthetic('bucket', 'k', 3 * MiB, pattern)
  const { port } = new URL(s3.clientConfig().endpoint)
  let connections = 0
  let damaged = 0
  // Damages a byte from the server on three connections, each time in another record. The proxy chooses the
  // connections when the byte passes: several may be open before the first one is damaged.
  const between = createServer(client => {
    const server = connect(Number(port), '127.0.0.1')
    const at = 100_000 * ++connections
    let passed = 0
    server.on('data', (chunk: Buffer) => {
      if (damaged < 3 && at >= passed && at < passed + chunk.length) {
        damaged++
        chunk.writeUInt8(chunk.readUInt8(at - passed) ^ 0x55, at - passed)
      }
      passed += chunk.length
      client.write(chunk)
    })
    client.pipe(server)
    client.on('error', () => undefined).on('close', () => server.destroy())
    server.on('error', () => undefined).on('close', () => client.destroy())
  }).listen(0, '127.0.0.1')
  await once(between, 'listening')
  const endpoint = `https://127.0.0.1:${(between.address() as AddressInfo).port}`
  const httpsAgent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  const client = new S3Client({ ...s3.clientConfig(), endpoint, requestHandler: { httpsAgent } })
  t.teardown(async () => {
    client.destroy()
    between.close()
    await s3.close()
  })
  const { bytes, error } = await read(new S3RangeReadable({ client, bucket: 'bucket', key: 'k' }))
  t.equal(error, undefined)
  t.ok(bytes.equals(pattern(0, 3 * MiB)))
  t.equal(damaged, 3)
})

import t from 'tap'
import { S3Source } from '../../../lib/s3/s3-source.js'
import { S3RequestReport } from '../../../lib/s3/request/report-request.js'
import { Sending } from '../../../lib/s3/request/send-once.js'
import type { FaultAction } from '../../../lib/testing/index.js'
import { closing, fixed, listen } from '../../support/diagnostics.js'
import { collect } from '../../support/random-access-suite.js'
import { local, read } from '../../support/reading.js'

const GET = { protocol: 's3', operation: 'GetObject', bucket: 'bucket', key: 'k' }

t.test('is not made without a subscriber', async t => {
  t.equal(S3RequestReport.begin(new Sending({})), undefined)
  listen(t)
  t.type(S3RequestReport.begin(new Sending({})), S3RequestReport)
})

const FAULTS: [FaultAction, { statusCode?: number; errorCode: string }, number][] = [
  [{ status: 503, code: 'SlowDown' }, { statusCode: 503, errorCode: 'SlowDown' }, 0],
  [{ status: 500 }, { statusCode: 500, errorCode: 'InternalError' }, 0],
  [{ reset: true }, { errorCode: 'ECONNRESET' }, 0],
  [{ stall: 4 }, { statusCode: 206, errorCode: 'TimeoutError' }, 4],
  [{ shortBody: 9 }, { statusCode: 206, errorCode: 'ECONNRESET' }, 9],
]

for (const transport of ['direct', 'sdk'] as const) {
  t.test(`tells each GET of a read in order, with faults, over ${transport}`, async t => {
    for (const [fault, failure, came] of FAULTS) {
      // A connection of ours that was idle and breaks before any response costs nothing but another one.
      if ('reset' in fault && transport === 'direct') continue
      const { s3, source } = await local(t)
      s3.fault({ operation: 'GetObject', nth: 3, ...fault })
      const { request } = listen(t)
      const { error } = await read(
        source({ partSize: 10, concurrency: 1, transport, ...('stall' in fault && { stallTimeout: 1000 }) }),
      )
      t.equal(error, undefined)
      const ok = (byteOffset: number, bytesReceived: number, attempt = 1) => {
        return { ...GET, byteOffset, attempt, outcome: 'ok', statusCode: 206, bytesSent: 0, bytesReceived }
      }
      const failed = { ...ok(20, came), outcome: 'failed', ...failure }
      if (failure.statusCode === undefined) Reflect.deleteProperty(failed, 'statusCode')
      t.same(
        fixed(request),
        [ok(0, 10), ok(10, 10), failed, ok(20 + came, 10 - came, 2), ok(30, 10), ok(40, 10)],
        JSON.stringify(fault),
      )
      for (const { requestId, statusCode, firstByteMs, durationMs, startTime } of request) {
        t.equal(requestId === undefined, statusCode === undefined, 'each response has its id')
        t.ok(firstByteMs === undefined || (firstByteMs >= 0 && firstByteMs <= durationMs))
        t.ok(startTime > 0 && startTime <= performance.timeOrigin + performance.now())
      }
      t.equal(s3.calls.length, request.length, 'one message for each call of the store')
    }
  })
}

t.test('tells the requests of a source at random access', async t => {
  const { client } = await local(t)
  const { request } = listen(t)
  await collect(new S3Source({ client, bucket: 'bucket', key: 'k' }).read(5, 9))
  const ok = { outcome: 'ok', statusCode: 206, bytesSent: 0 }
  t.same(fixed(request), [{ ...GET, byteOffset: 5, attempt: 1, ...ok, bytesReceived: 4 }])
})

t.test('tells a request that a destroyed stream cuts off as aborted', async t => {
  const { s3, source } = await local(t)
  const held = s3.fault({ operation: 'GetObject', hold: true })
  const { request } = listen(t)
  const reader = source()
  reader.on('error', () => undefined)
  reader.read(0)
  await held.reached
  reader.destroy(new Error('no longer wanted'))
  await closing(reader)
  held.release()
  t.same(fixed(request), [
    { ...GET, byteOffset: 0, attempt: 1, outcome: 'aborted', bytesSent: 0, bytesReceived: 0 },
  ])
})

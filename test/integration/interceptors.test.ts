import http from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { buffer } from 'node:stream/consumers'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { MiB } from '../../lib/options.js'
import { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { pattern } from '../support/reading.js'

const bytes = pattern(0, 3 * MiB)

/** Replaces functions of Node, as nock and msw do, so that `to` answers the requests for `from`. */
function intercept(
  t: Test,
  from: URL,
  to: URL,
  make: (own: typeof http.request, stand: typeof http.request) => typeof http.request,
) {
  const own = { request: http.request, get: http.get, ClientRequest: http.ClientRequest }
  const methods: string[] = []
  const stand = ((options: http.RequestOptions, ...rest: never[]) => {
    if (String(options.port) !== from.port) return own.request(options, ...rest)
    methods.push(options.method ?? 'GET')
    const elsewhere = { agent: undefined, host: to.hostname, hostname: to.hostname, port: to.port }
    return own.request({ ...options, ...elsewhere }, ...rest)
  }) as typeof http.request
  const restore = () => {
    Object.assign(http, own)
    syncBuiltinESMExports()
  }
  Object.assign(http, { request: make(own.request, stand) })
  syncBuiltinESMExports()
  t.teardown(restore)
  return { methods, restore }
}

const INTERCEPTORS = {
  'a function, as nock does': (_own: typeof http.request, stand: typeof http.request) => stand,
  'a proxy, as msw does': (own: typeof http.request, stand: typeof http.request) =>
    new Proxy(own, {
      apply: (_target, _self, args) => Reflect.apply(stand, undefined, args) as http.ClientRequest,
    }),
}

for (const [name, make] of Object.entries(INTERCEPTORS)) {
  t.test(`sends all requests of a reader and a sink through ${name}`, async t => {
    // Nothing listens there, so that a request past the interceptor is refused, as for a fictitious host.
    const nowhere = await LocalS3.start({ buckets: ['bucket'] })
    const from = new URL(nowhere.endpoint)
    await nowhere.close()
    const s3 = await LocalS3.start({ buckets: ['bucket'] })
    const client = new S3Client({ ...s3.clientConfig(), endpoint: from.origin })
    t.teardown(async () => {
      client.destroy()
      await s3.close()
    })
    await s3.put('bucket', 'k', bytes)
    const { methods, restore } = intercept(t, from, new URL(s3.endpoint), make)
    for (let time = 1; time <= 2; time++) {
      const source = new S3RangeReadable({ client, bucket: 'bucket', key: 'k', maxAttempts: 1 })
      t.ok((await buffer(source)).equals(bytes), `read ${time}`)
    }
    const sink = new S3MultipartWritable({ client, bucket: 'bucket', key: 'new', maxAttempts: 1 })
    sink.end('hello')
    await sink.result
    t.equal(methods.length, s3.calls.length)
    t.ok(methods.filter(method => method === 'GET').length > 2)
    restore()
    const gone = new S3RangeReadable({ client, bucket: 'bucket', key: 'k', maxAttempts: 1 })
    await t.rejects(
      buffer(gone),
      { code: 'AVIO_ERR_UNREACHABLE' },
      'the network answers once the interceptor is gone',
    )
  })
}

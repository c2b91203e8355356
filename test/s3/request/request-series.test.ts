import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { GetObjectCommand, type S3Client, type S3ClientConfig, UploadPartCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { RequestSeries, hand } from '../../../lib/s3/request/request-series.js'
import { type Middleware, Sending, addMiddleware, sendOnce } from '../../../lib/s3/request/send-once.js'
import { sendMark } from '../../../lib/s3/request/send-mark.js'
import { sendWithTimeout } from '../../../lib/s3/request/send-with-timeout.js'
import { type FakeAnswer, type FakeRequest, fakeStore, partialHeaders } from '../../support/fake-store.js'
import { partOf } from '../../support/upload-store.js'

const { signal } = new AbortController()
const target = { Bucket: 'bucket', Key: 'k' }
const get = (n: number, more: object = {}) =>
  new GetObjectCommand({ ...target, Range: `bytes=${n}-${n + 4}`, IfMatch: '"one"', ...more })

/** A client that keeps what it was asked for. */
function store(
  config: S3ClientConfig = {},
  answer?: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>,
) {
  const requests: (FakeRequest & { readonly signal: AbortSignal | undefined })[] = []
  const client = fakeStore((request, signal) => {
    requests.push({ ...request, signal })
    return answer?.(request) ?? { status: 206, headers: partialHeaders(0, 5, 9), body: 'hello' }
  }, config)
  return { client, requests }
}

/** Sends a command as part of a series; returns whether it was a copy. */
async function send(client: S3Client, series: RequestSeries, command: GetObjectCommand, attempt = 1) {
  const sending = new Sending(client, { attempt })
  const model = await series.find(command, attempt)
  const { ETag } = await (model?.send(command, sending, signed => hand(client, signed, signal)) ??
    sendOnce(client, command, signal, sending))
  t.equal(ETag, '"one"')
  return model !== undefined
}

/** Whether the second of two requests for ranges is a copy of the first. */
async function copies(client: S3Client, second: object = {}, attempt = 1) {
  const series = new RequestSeries(client)
  await send(client, series, get(0))
  return send(client, series, get(5, second), attempt)
}

/** Headers that no two requests share. */
const OWN = ['authorization', 'x-amz-date', 'amz-sdk-invocation-id']

function withoutOwn({ method, headers, query }: FakeRequest) {
  const shared = Object.entries(headers).filter(([name]) => !OWN.includes(name))
  return { method, headers: Object.fromEntries(shared), query }
}

t.test('sends ranges as the SDK sends them', async t => {
  const { client, requests } = store()
  const series = new RequestSeries(client)
  t.equal(await send(client, series, get(0)), false, 'the first is the model')
  for (const n of [5, 100, 7]) {
    t.equal(await send(client, series, get(n)), true)
    await client.send(get(n))
    const [copy, whole] = requests.slice(-2)
    t.same(withoutOwn(copy!), withoutOwn(whole!))
    t.match(copy!.headers['authorization'], /SignedHeaders=[^,]*range/)
    t.match(copy!.headers['x-amz-date'], /^\d{8}T\d{6}Z$/)
  }
  const ids = new Set(requests.map(({ headers }) => headers['amz-sdk-invocation-id']))
  t.equal(ids.size, requests.length)
})

t.test('sends parts as the SDK sends them, each with its own body and checksums', async t => {
  for (const payloadSigning of ['signed', 'unsigned'] as const) {
    const bodies: string[] = []
    const { client, requests } = store({}, async request => {
      bodies.push(await text((request as FakeRequest & { body: Readable }).body))
      return { status: 200, headers: { etag: '"one"' } }
    })
    const series = new RequestSeries(client)
    const part = (n: number, text: string, more: object) =>
      new UploadPartCommand({ ...target, UploadId: 'u', PartNumber: n, ContentLength: text.length, ...more })
    const put = (n: number, text: string, more: object, series?: RequestSeries) =>
      sendWithTimeout(client, part(n, text, more), {
        timeout: 1000,
        ...{ body: partOf(Buffer.from(text)), payloadSigning, series },
      })
    const crc = (sum: string) => ({ ChecksumAlgorithm: 'CRC32', ChecksumCRC32: sum })
    for (const [first, second] of [
      [crc('NSRBwg=='), crc('dE7U8g==')],
      [{ ContentMD5: 'kAFQmDzST7DWlj99KOF/cg==' }, { ContentMD5: 'ICy5YqxZB1uWSwcVLSNLcA==' }],
      [{}, {}],
    ]) {
      await put(1, 'abc', first!, series)
      const command = part(2, 'defghi', second!)
      t.ok((await series.find(command))?.fits(command.input), 'the second is a copy')
      await put(2, 'defghi', second!, series)
      await put(2, 'defghi', second!)
      const [copy, whole] = requests.slice(-2)
      t.same(withoutOwn(copy!), withoutOwn(whole!))
      t.equal(copy!.headers['content-length'], '6')
      t.same(bodies.splice(0), ['abc', 'defghi', 'defghi'])
    }
  }
})

t.test('goes through the whole SDK if anything else is to be told, done or counted', async t => {
  const step = (step: string) => {
    const { client } = store()
    const pass: Middleware = next => args => next(args)
    const stack = client.middlewareStack as unknown as { add(middleware: Middleware, options: object): void }
    stack.add(pass, { step, name: 'own' })
    return client
  }
  const log = () => undefined
  const logger = { trace: log, debug: log, info: log, warn: log, error: log }
  const traced = store().client
  const own = traced.send.bind(traced)
  traced.send = ((...args: Parameters<typeof own>) => own(...args)) as typeof traced.send
  const counting = store().client
  const strategy = await counting.config.retryStrategy()
  Object.assign(strategy, { mode: undefined })
  const clients: Readonly<Record<string, S3Client>> = {
    ...Object.fromEntries(
      ['initialize', 'serialize', 'build', 'finalizeRequest', 'deserialize'].map(name => [name, step(name)]),
    ),
    'a logger': store({ logger }).client,
    'an adaptive strategy': store({ retryMode: 'adaptive' }).client,
    'an unknown strategy': counting,
    'a tracer': traced,
  }
  t.equal(await copies(store().client), true, 'a client as it is made')
  for (const [name, client] of Object.entries(clients)) t.equal(await copies(client), false, name)
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf(traced)) as { send: typeof own }
  const { send } = prototype
  t.teardown(() => Object.assign(prototype, { send }))
  prototype.send = function (this: S3Client, ...args: Parameters<typeof own>) {
    return Reflect.apply(send, this, args) as unknown
  } as typeof own
  t.equal(await copies(store().client), false, 'a tracer of all clients')
})

t.test('goes through the whole SDK with a second attempt, and with what it can’t set', async t => {
  const { client } = store()
  t.equal(await copies(client, {}, 2), false, 'a second attempt')
  for (const other of [{ Key: 'other' }, { VersionId: 'v' }, { IfMatch: '"two"' }, { Range: undefined }])
    t.equal(await copies(client, other), false, JSON.stringify(other))
  const standIn = { config: {}, send: () => undefined } as unknown as S3Client
  t.equal(await new RequestSeries(standIn).find(get(0)), undefined, 'a client stand-in')
})

t.test('makes no model of a request that was refused, or that is signed in another way', async t => {
  let status = 503
  const { client } = store({}, () => ({ status, headers: partialHeaders(0, 5, 9) }))
  const series = new RequestSeries(client)
  await t.rejects(send(client, series, get(0)))
  t.equal(await series.find(get(5)), undefined)
  status = 206
  for (const header of ['authorization', 'x-amz-s3session-token', 'range']) {
    const command = get(0)
    const sign: Middleware = next => args => {
      args.request.headers[header] = 'by a session'
      return next(args)
    }
    const other = new RequestSeries(client)
    await other.find(command)
    addMiddleware(command, 'sign', { step: 'build', priority: 'low' }, sign)
    await sendOnce(client, command)
    t.equal(await other.find(get(5)), undefined, header)
  }
})

t.test('looks up credentials, clock and endpoint for each request', async t => {
  let key = 0
  let host = 'one.invalid'
  const credentials = async () => ({
    ...{ accessKeyId: `key${++key}`, secretAccessKey: 's', sessionToken: `token${key}` },
    expiration: new Date(0),
  })
  const endpoint = async () => ({ protocol: 'http:', hostname: host, path: '/' })
  const { client, requests } = store({ credentials, endpoint })
  const series = new RequestSeries(client)
  await send(client, series, get(0))
  t.equal(await send(client, series, get(5)), true)
  const [first, second] = requests.map(({ headers }) => headers)
  t.not(second!['x-amz-security-token'], first!['x-amz-security-token'])
  t.match(second!['authorization'], `Credential=key${second!['x-amz-security-token']!.slice(5)}/`)
  client.config.systemClockOffset = 24 * 3600 * 1000
  t.equal(await send(client, series, get(7)), true)
  t.not(requests.at(-1)!.headers['x-amz-date']!.slice(0, 8), first!['x-amz-date']!.slice(0, 8))
  host = 'two.invalid'
  t.equal(await send(client, series, get(9)), false)
  t.match(requests.at(-1)!.headers['host'], 'two.invalid')
  t.equal(await send(client, series, get(11)), true, 'from where the client goes now')
  host = ''
  Object.assign(client.config, { endpoint: () => Promise.reject(new Error('no endpoint')) })
  t.equal(await series.find(get(13)), undefined, 'a failed lookup is told by the SDK')
})

t.test('makes no model of a request to where the client goes no more', async t => {
  let host = 'one.invalid'
  const endpoint = async () => ({ protocol: 'http:', hostname: host, path: '/' })
  const { client, requests } = store({ endpoint }, () => {
    host = 'two.invalid'
    return { status: 206, headers: partialHeaders(0, 5, 9), body: 'hello' }
  })
  const series = new RequestSeries(client)
  await send(client, series, get(0))
  t.equal(await send(client, series, get(5)), false)
  t.equal(requests[1]!.headers['host'], 'two.invalid')
})

t.test('rejects with the SDK’s error, marked as ever', async t => {
  let status = 206
  const body = '<Error><Code>SlowDown</Code><Message>later</Message></Error>'
  const { client } = store({}, () => ({ status, headers: partialHeaders(0, 5, 9), body }))
  const series = new RequestSeries(client)
  await send(client, series, get(0))
  status = 503
  const error: unknown = await send(client, series, get(5)).catch((error: unknown) => error)
  t.match(error, { name: 'SlowDown', message: 'later', $metadata: { httpStatusCode: 503 } })
  t.match(sendMark(error), {
    ...{ unsent: false, protocol: 'http:', hasWorked: true, isUnsigned: false },
    subject: { operation: 'GetObject', bucket: 'bucket', key: 'k' },
  })
})

t.test('observes its own signal, and not that of the model', async t => {
  const { client, requests } = store({}, () => ({ status: 200, headers: { etag: '"one"' } }))
  const series = new RequestSeries(client)
  const part = (PartNumber: number) => new UploadPartCommand({ ...target, UploadId: 'u', PartNumber })
  const first = new AbortController()
  await sendWithTimeout(client, part(1), { timeout: 1000, series, signal: first.signal })
  first.abort()
  const second = new AbortController()
  await sendWithTimeout(client, part(2), { timeout: 1000, series, signal: second.signal })
  t.equal(requests[1]!.signal!.aborted, false)
  const third = sendWithTimeout(client, part(3), { timeout: 1000, series, signal: second.signal })
  second.abort()
  await t.rejects(third, { name: 'AbortError' })
})

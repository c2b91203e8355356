import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import { addMiddleware, type Middleware, sendOnce } from '../../../lib/s3/request/send-once.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { fakeStore, partialHeaders } from '../../support/fake-store.js'

const command = () => new GetObjectCommand({ Bucket: 'bucket', Key: 'k' })
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

t.test('returns the SDK’s response', async t => {
  const client = fakeStore(() => ({ status: 206, headers: partialHeaders(0, 5, 9), body: 'hello' }))
  const { ETag, Body } = await sendOnce(client, command())
  t.equal(ETag, '"one"')
  t.equal(await Body?.transformToString(), 'hello')
})

t.test('sends one request, whatever the client’s retries, and throws the SDK’s own error', async t => {
  for (const retryMode of ['standard', 'adaptive']) {
    let requests = 0
    const client = fakeStore(
      () => {
        requests++
        return { status: 503, body: '<Error><Code>SlowDown</Code><Message>later</Message></Error>' }
      },
      { maxAttempts: 3, retryMode },
    )
    t.match(await failure(sendOnce(client, command())), {
      name: 'SlowDown',
      message: 'later',
      $metadata: { httpStatusCode: 503 },
    })
    t.equal(requests, 1, retryMode)
    if (retryMode === 'adaptive') continue
    await failure(client.send(command()))
    t.equal(requests, 4, 'the client’s own commands are retried as before')
  }
})

t.test('can send the same command again', async t => {
  const answers = [503, 503, 206]
  const client = fakeStore(() => ({
    status: answers.shift()!,
    headers: partialHeaders(0, 5, 9),
    body: 'hello',
  }))
  const one = command()
  await t.rejects(sendOnce(client, one))
  await t.rejects(sendOnce(client, one))
  t.match(await sendOnce(client, one), { ETag: '"one"' })
})

t.test('accepts a client stand-in with only send()', async t => {
  const { signal } = new AbortController()
  const sent: unknown[] = []
  const client = { config: {}, send: async (...args: unknown[]) => sent.push(...args) } as unknown as S3Client
  const one = command()
  await sendOnce(client, one, signal)
  t.same(sent, [one, { abortSignal: signal }])
})

t.test('shows the user’s middleware every request', async t => {
  const client = fakeStore(() => ({ status: 206, headers: partialHeaders(0, 5, 9), body: 'hello' }))
  const seen: string[] = []
  const stack = client.middlewareStack as unknown as { add(middleware: Middleware, options: object): void }
  for (const step of ['initialize', 'build', 'finalizeRequest', 'deserialize']) {
    const spy: Middleware = next => args => {
      seen.push(step)
      return next(args)
    }
    stack.add(spy, { step, name: `spy-${step}` })
  }
  await sendOnce(client, command())
  t.same(seen, ['initialize', 'build', 'finalizeRequest', 'deserialize'])
})

t.test('follows a region redirect if the client allows it', async t => {
  const hosts: string[] = []
  const client = fakeStore(
    request => {
      hosts.push((request as unknown as { hostname: string }).hostname)
      return hosts.length === 1
        ? {
            status: 301,
            headers: { 'x-amz-bucket-region': 'eu-west-1' },
            body: '<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>',
          }
        : { status: 206, headers: partialHeaders(0, 5, 9), body: 'hello' }
    },
    { followRegionRedirects: true, endpoint: undefined as never },
  )
  t.match(await sendOnce(client, command()), { ETag: '"one"' })
  t.match(hosts, [/us-east-1|s3\.amazonaws/, /eu-west-1/])
})

t.test('ends on abort', async t => {
  const s3 = await LocalS3.start({ buckets: ['bucket'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  const held = s3.fault({ operation: 'GetObject', hold: true })
  const abort = new AbortController()
  const sending = sendOnce(client, command(), abort.signal)
  await Promise.race([held.reached, sending])
  abort.abort()
  t.match(await failure(sending), { name: 'AbortError' })
  await s3.idle()
})

t.test('adds a middleware to one command, at its place', async t => {
  const client = fakeStore(() => ({ status: 206, headers: partialHeaders(0, 5, 9), body: 'hello' }))
  const seen: string[] = []
  const one = command()
  const spy =
    (name: string): Middleware =>
    next =>
    args => {
      seen.push(name)
      return next(args)
    }
  addMiddleware(one, 'first', { step: 'build', priority: 'low' }, spy('build'))
  addMiddleware(one, 'second', { step: 'deserialize', priority: 'low' }, spy('deserialize'))
  addMiddleware(one, 'third', { relation: 'before', toMiddleware: 'retryMiddleware' }, spy('before retry'))
  await sendOnce(client, one)
  await sendOnce(client, command())
  t.same(seen, ['build', 'before retry', 'deserialize'])
})

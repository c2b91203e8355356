import { Agent, type AgentOptions } from 'node:http'
import { text } from 'node:stream/consumers'
import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import { S3RangeReadable } from '../../lib/s3/s3-range-readable.js'
import { UploadStore } from '../support/upload-store.js'
import { DATA, failureOf, writer } from '../support/uploads.js'

type Address = { address: string; family: number }
type Answer = (error: Error | null, address?: string | Address[], family?: number) => void

/** A store behind a host name with `count` addresses, none of which responds while `state.down`. */
async function named(t: Test, count: number, fails?: () => Error | undefined) {
  const store = await UploadStore.open(t)
  const state = { down: false, asked: 0 }
  const lookup = (_host: string, { all }: { all?: boolean }, answer: Answer) => {
    state.asked++
    const error = fails?.()
    if (error) {
      answer(error)
      return
    }
    const addresses = Array.from({ length: count }, (_, n) => ({
      address: state.down ? `127.0.0.${n + 3}` : '127.0.0.1',
      family: 4,
    }))
    if (all === true) answer(null, addresses)
    else answer(null, addresses[0]!.address, 4)
  }
  const { port } = new URL(store.s3.endpoint)
  const client = new S3Client({
    ...store.s3.clientConfig(),
    endpoint: `http://s3.example.test:${port}`,
    requestHandler: { httpAgent: new Agent({ keepAlive: false, lookup } as unknown as AgentOptions) },
  })
  t.teardown(() => client.destroy())
  return { store, state, on: { client, bucket: store.bucket }, client }
}

for (const count of [1, 2]) {
  t.test(
    `continues an upload after a name of ${count} address(es) was unreachable in its middle`,
    async t => {
      const { store, state, on } = await named(t, count)
      const sink = writer(on)
      sink.on('error', () => undefined)
      sink.once('part', () => {
        state.down = true
        setTimeout(() => (state.down = false), 100)
      })
      sink.end(DATA)
      const { parts } = await sink.result
      t.equal(parts, 4)
      t.same(store.log, ['create', 'part 1', 'part 2', 'part 3', 'part 4', 'complete'])
    },
  )

  t.test(
    `leaves nothing behind if a name of ${count} address(es) is unreachable while it aborts an upload`,
    async t => {
      const { store, state, on } = await named(t, count)
      const sink = writer(on)
      const stored = new Promise(resolve => sink.once('part', resolve))
      sink.on('error', () => undefined)
      sink.write(DATA)
      await stored
      state.down = true
      setTimeout(() => (state.down = false), 100)
      sink.destroy(new Error('early-exit'))
      t.match(await failureOf(sink.result), { message: 'early-exit', cleanupError: undefined })
      t.equal(store.s3.uploads(store.bucket).length, 0)
      t.same(store.log.slice(-2), ['abort', 'list'])
    },
  )

  t.test(
    `reports a name of ${count} address(es) that never responds as unreachable, for reads and writes`,
    async t => {
      const { state, on, client, store } = await named(t, count)
      state.down = true
      const sink = writer(on, { maxAttempts: 2 })
      sink.on('error', () => undefined)
      sink.end('x')
      const failure = {
        code: 'AVIO_ERR_UNREACHABLE',
        attempts: 2,
        s3Code: 'ECONNREFUSED',
        message: /connect ECONNREFUSED/,
      }
      t.match(await failureOf(sink.result), failure)
      t.equal(state.asked, 2, 'no request follows the attempts')
      const reader = new S3RangeReadable({ client, bucket: 'uploads', key: 'k', maxAttempts: 2 })
      t.match(await failureOf(text(reader)), failure)
      t.same(store.log, [])
    },
  )
}

t.test('knows that a failed connection stored nothing, and retries a temporary failure', async t => {
  for (const [code, tries] of [
    ['EHOSTUNREACH', 3],
    ['ENETUNREACH', 3],
    ['EMFILE', 3],
    ['EADDRNOTAVAIL', 3],
    ['ETIMEDOUT', 3],
    ['EPROTO', 1],
    ['ENOTFOUND', 1],
  ] as const) {
    const error = () => Object.assign(new Error(`connect ${code} 10.0.0.1:443`), { code, syscall: 'connect' })
    const { store, state, on } = await named(t, 1, error)
    const sink = writer(on, { maxAttempts: 3 })
    sink.on('error', () => undefined)
    sink.end('x')
    t.match(await failureOf(sink.result), { code: 'AVIO_ERR_UNREACHABLE', attempts: tries }, code)
    t.equal(state.asked, tries)
    t.same(store.log, [])
  }
})

t.test('retries one failure of a credential provider that had worked', async t => {
  const named = Object.assign(new Error('connect ETIMEDOUT 169.254.169.254'), {
    name: 'CredentialsProviderError',
  })
  for (const [error, call] of [named, new Error('the vault is sealed')].flatMap(error =>
    [3, 4, 9].map(call => [error, call] as const),
  )) {
    const store = await UploadStore.open(t)
    let asked = 0
    const credentials = async () => {
      if (++asked === call) throw error
      return { ...store.s3.credentials, expiration: new Date(Date.now() + 1000) }
    }
    const client = new S3Client({ ...store.s3.clientConfig(), credentials })
    t.teardown(() => client.destroy())
    const sink = writer({ client, bucket: store.bucket })
    sink.on('error', () => undefined)
    sink.end(DATA)
    t.equal((await sink.result).parts, 4)
    t.ok(asked > 9)
    t.same(store.log, ['create', 'part 1', 'part 2', 'part 3', 'part 4', 'complete'])
  }
})

t.test('does not retry a credential provider that has never worked', async t => {
  const store = await UploadStore.open(t)
  let asked = 0
  const credentials = () => {
    asked++
    return Promise.reject(Object.assign(new Error('no role'), { name: 'CredentialsProviderError' }))
  }
  const client = new S3Client({ ...store.s3.clientConfig(), credentials })
  const sink = writer({ client, bucket: store.bucket })
  sink.on('error', () => undefined)
  sink.end('x')
  t.match(await failureOf(sink.result), { code: 'AVIO_ERR_CREDENTIALS', attempts: 1 })
  t.equal(asked, 1)
  t.same(store.log, [])
})

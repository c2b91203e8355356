import t from 'tap'
import { backoff, retry, waitFor, isDamagedTls } from '../../../lib/io/async/retry.js'

const policy = { maxAttempts: 4, baseDelay: 1, maxDelay: 2 }

t.test('waits a random time up to a bound that doubles to a maximum', async t => {
  const slow = { maxAttempts: 9, baseDelay: 100, maxDelay: 1000 }
  const almostOne = () => 1 - Number.EPSILON
  t.same(
    [1, 2, 3, 4, 5, 60].map(attempt => backoff(attempt, slow, almostOne)),
    [99, 199, 399, 799, 999, 999],
  )
  t.equal(
    backoff(5, slow, () => 0),
    0,
  )
})

t.test('retries until the operation succeeds', async t => {
  const tries: number[] = []
  const seen: number[] = []
  const result = await retry(
    async attempt => {
      tries.push(attempt)
      if (attempt < 3) throw new Error(`try ${attempt}`)
      return 'done'
    },
    { ...policy, isRetryable: () => true, onRetry: (_error, attempt) => seen.push(attempt) },
  )
  t.equal(result, 'done')
  t.same(tries, [1, 2, 3])
  t.same(seen, [1, 2])
})

t.test('tells the wait that follows, which the server may have asked for', async t => {
  const waits: number[] = []
  const fails = () => Promise.reject(new Error('no'))
  const retryAfter = () => 3
  const onRetry = (_error: unknown, _attempt: number, wait: number) => waits.push(wait)
  const few = { maxAttempts: 3, baseDelay: 1, maxDelay: 5 }
  await t.rejects(retry(fails, { ...few, isRetryable: () => true, retryAfter, onRetry }))
  t.same(waits, [3, 3])
})

t.test('stops after maxAttempts and throws the last error', async t => {
  let tries = 0
  await t.rejects(
    retry(
      async () => {
        throw new Error(`try ${++tries}`)
      },
      { ...policy, isRetryable: () => true },
    ),
    { message: 'try 4' },
  )
  t.equal(tries, 4)
})

t.test('throws a permanent error at once', async t => {
  let tries = 0
  await t.rejects(
    retry(
      async () => {
        tries++
        throw new Error('no')
      },
      { ...policy, isRetryable: () => false },
    ),
    { message: 'no' },
  )
  t.equal(tries, 1)
})

t.test('ends the wait on abort', async t => {
  const controller = new AbortController()
  const waiting = retry(
    async () => {
      throw new Error('again')
    },
    {
      maxAttempts: 2,
      baseDelay: 2 ** 30,
      maxDelay: 2 ** 30,
      isRetryable: () => true,
      signal: controller.signal,
      onRetry: () => setImmediate(() => controller.abort()),
    },
  )
  await t.rejects(waiting, { name: 'AbortError' })
})

t.test('starts no attempt after an abort', async t => {
  let tries = 0
  await t.rejects(
    retry(
      async () => {
        tries++
      },
      { ...policy, isRetryable: () => true, signal: AbortSignal.abort() },
    ),
    { name: 'AbortError' },
  )
  t.equal(tries, 0)
})

t.test('honours a wait requested by the server, up to the maximum', async t => {
  const slow = { maxAttempts: 9, baseDelay: 100, maxDelay: 1000 }
  t.equal(waitFor(50, slow), 50)
  t.equal(waitFor(50, slow, 700), 700)
  t.equal(waitFor(800, slow, 700), 800)
  t.equal(waitFor(50, slow, 60_000), 1000)
  const asked: unknown[] = []
  const start = performance.now()
  let tries = 0
  await retry(
    async () => {
      if (++tries === 1) throw new Error('later')
    },
    {
      ...slow,
      baseDelay: 0,
      isRetryable: () => true,
      retryAfter: error => {
        asked.push((error as Error).message)
        return 20
      },
    },
  )
  t.same(asked, ['later'])
  // A timer may be up to a millisecond early by this clock, never more.
  t.ok(performance.now() - start >= 19, 'it waited')
})

t.test('distinguishes a damaged TLS connection from a refused one', async t => {
  // The errors of Node 20, 24 and 26 after a byte of the server's records changed in transit.
  const damaged = [
    { code: 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC' },
    { code: 'ERR_SSL_CIPHER_OPERATION_FAILED' },
    { code: 'ERR_SSL_BAD_RECORD_TYPE' },
    { code: 'ERR_SSL_WRONG_VERSION_NUMBER' },
    { code: 'ERR_SSL_PACKET_LENGTH_TOO_LONG' },
    { code: 'ERR_SSL_ENCRYPTED_LENGTH_TOO_LONG' },
    { code: 'ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC' },
    {
      code: 'EPROTO',
      message: 'write EPROTO 80:error:0A000119:SSL routines:x:decryption failed or bad record mac:y',
    },
    {
      code: 'EPROTO',
      message: 'write EPROTO 80:error:0A0003FC:SSL routines:x:ssl/tls alert bad record mac:y',
    },
  ]
  for (const error of damaged) t.equal(isDamagedTls(error), true, error.code)
  const refused = [
    { code: 'EPROTO', message: 'write EPROTO 80:error:0A00010B:SSL routines:x:wrong version number:y' },
    { code: 'EPROTO', message: 'write EPROTO 80:error:0A000102:SSL routines:x:unsupported protocol:y' },
    { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' },
    { code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' },
    { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    { code: 'ECONNRESET' },
    new Error('bad record mac'),
    undefined,
  ]
  for (const error of refused) t.equal(isDamagedTls(error), false)
})

import t from 'tap'
import { fillRange, type RangeRequests } from '../../../lib/io/fetch/range-attempts.js'
import { RangeBuffer } from '../../../lib/io/fetch/range-buffer.js'

const idle = new AbortController().signal
const again = new Error('again')
const final = new Error('final')
const shown = new Error('shown')

/** Requests that follow a script: a number of bytes, then an optional error. */
function scripted(script: readonly (readonly [bytes: number, error?: Error])[], maxAttempts = 3) {
  const log: string[] = []
  const rest = [...script]
  const requests: RangeRequests = {
    maxAttempts,
    request: (into, _signal, attempt) => {
      log.push(`try ${attempt} from ${into.received}`)
      const [bytes, error] = rest.shift()!
      into.write(Buffer.alloc(bytes))
      return error ? Promise.reject(error) : Promise.resolve()
    },
    isRetryable: error => error === again,
    retryAfter: error => {
      t.equal(error, again)
      return 0
    },
    failure: (error, into, attempts) => {
      log.push(`${(error as Error).message} at ${into.received} after ${attempts}`)
      return shown
    },
  }
  return { log, requests }
}

const range = () => new RangeBuffer({ start: 2, end: 10 })

t.test('requests the rest after a short response, in the same attempt', async t => {
  const { log, requests } = scripted([[3], [4], [1]])
  await fillRange(range(), idle, requests)
  t.same(log, ['try 1 from 2', 'try 1 from 5', 'try 1 from 9'])
})

t.test('resumes at the byte where an attempt broke: the first, a middle one, the last', async t => {
  for (const bytes of [0, 4, 7]) {
    const { log, requests } = scripted([[bytes, again], [8 - bytes]])
    await fillRange(range(), idle, requests)
    t.same(log, ['try 1 from 2', `try 2 from ${2 + bytes}`])
  }
})

t.test('accepts a complete range if the connection breaks after its last byte', async t => {
  const { log, requests } = scripted([[8, again]])
  await fillRange(range(), idle, requests)
  t.same(log, ['try 1 from 2'])
  const refused = scripted([[8, final]])
  await t.rejects(fillRange(range(), idle, refused.requests), shown)
})

t.test('requires a response for an empty range', async t => {
  const { log, requests } = scripted([[0, again], [0]])
  await fillRange(new RangeBuffer({ start: 2, end: 2 }), idle, requests)
  t.same(log, ['try 1 from 2', 'try 2 from 2'])
})

t.test('fails after the last attempt, and at once on a permanent error', async t => {
  const tried = scripted([
    [1, again],
    [1, again],
    [1, again],
  ])
  await t.rejects(fillRange(range(), idle, tried.requests), shown)
  t.same(tried.log, ['try 1 from 2', 'try 2 from 3', 'try 3 from 4', 'again at 5 after 3'])
  const refused = scripted([[1, final]])
  await t.rejects(fillRange(range(), idle, refused.requests), shown)
  t.same(refused.log, ['try 1 from 2', 'final at 3 after 1'])
})

t.test('throws an AbortError on abort, whatever the request’s error', async t => {
  const abort = new AbortController()
  const { requests } = scripted([])
  const request = () => {
    abort.abort()
    return Promise.reject(again)
  }
  await t.rejects(fillRange(range(), abort.signal, { ...requests, request }), { name: 'AbortError' })
})

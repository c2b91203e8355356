import { getEventListeners } from 'node:events'
import t, { type Test } from 'tap'
import { httpGet } from '../../../lib/io/sources/http-get.js'
import { type HttpSourceOptions, httpOptions } from '../../../lib/io/sources/http-options.js'
import { RangeBuffer } from '../../../lib/io/fetch/range-buffer.js'
import { closed, type Fault, head, httpSource, SECRET } from '../../support/http-origin.js'

const bytes = Buffer.from('0123456789')

/** Requests bytes 2 to 7 of `url` once, and returns the received bytes and the outcome. */
async function ask(
  url: string,
  more: Partial<HttpSourceOptions> = {},
  signal = new AbortController().signal,
) {
  const into = new RangeBuffer({ start: 2, end: 8 })
  const target = httpOptions({ url, ...more })
  const heads: (number | undefined)[] = []
  const accept = ({ statusCode }: { statusCode?: number | undefined }) => void heads.push(statusCode)
  const failure = await httpGet({ target, range: into, into, signal, accept }).catch(
    (error: unknown) => error,
  )
  return { came: into.received, failure, heads, text: String(into.take() ?? '') }
}

function redirect(location: string, statusCode = 302): Fault {
  return response => response.writeHead(statusCode, { location }).end('elsewhere')
}

async function source(t: Test, ...faults: (Fault | undefined)[]) {
  return httpSource(t, bytes, ...faults)
}

t.test('sends one request for the range, without content encoding', async t => {
  const one = await source(t)
  t.match(await ask(one.url, { headers: { 'User-Agent': 'us' } }), {
    text: '234567',
    failure: undefined,
    heads: [206],
  })
  t.same(one.log, ['GET bytes=2-7'])
  t.match(one.headers[0], { 'accept-encoding': 'identity', 'user-agent': 'us', range: 'bytes=2-7' })
  t.same(
    Object.keys(one.headers[0]!).filter(name => name.startsWith('if-')),
    [],
  )
})

t.test('does not decompress a body marked as gzip', async t => {
  const one = await source(t)
  one.validators = { 'content-encoding': 'gzip', etag: '"gz"' }
  t.match(await ask(one.url), { text: '234567', failure: undefined })
})

t.test('follows redirects to the last, including relative ones', async t => {
  const goal = await source(t)
  const one = await source(
    t,
    redirect('/b?c', 301),
    redirect('d', 303),
    redirect('?e', 307),
    redirect(goal.url, 308),
  )
  t.match(await ask(one.url), { text: '234567', heads: [206] })
  t.equal(one.log.length, 4)
  t.same(goal.log, ['GET bytes=2-7'])
})

t.test('sends credentials and custom headers to the first origin only', async t => {
  const goal = await source(t)
  const one = await source(t, redirect('/here'), redirect(goal.url))
  const url = one.url.replace('//', '//jo:word@')
  t.match(await ask(url, { headers: { 'X-Key': 'k' } }), { text: '234567' })
  for (const headers of one.headers) t.match(headers, { authorization: /^Basic /, 'x-key': 'k' })
  t.match(goal.headers[0], { authorization: undefined, 'x-key': undefined, range: 'bytes=2-7' })
})

t.test('fails for a circular redirect and one to a non-HTTP URL, and reports only the first URL', async t => {
  const circle = await source(t)
  circle.faults = Array.from({ length: 30 }, () => redirect(circle.url))
  const { failure } = await ask(circle.url)
  t.match(failure, { code: 'AVIO_ERR_SOURCE_READ', message: /more than 20 times/ })
  t.notMatch(String(failure), SECRET)
  t.equal(circle.log.length, 21)
  for (const location of [`file:///etc/${SECRET}`, `http://[${SECRET}`]) {
    const one = await source(t, redirect(location))
    const { failure } = await ask(one.url)
    t.match(failure, { code: 'AVIO_ERR_SOURCE_READ', message: /other than an http: or https: URL/ })
    t.notMatch(String(failure), SECRET)
  }
})

t.test('treats a redirect without Location like any other response', async t => {
  const one = await source(t, response => response.writeHead(302).end())
  t.match(await ask(one.url), { heads: [302] })
})

t.test('keeps the bytes received before a break', async t => {
  const half: Fault = (response, range) => {
    head(response, range, 10)
    response.write(bytes.subarray(2, 5), () => response.socket!.end())
  }
  const closing: Fault = (response, range) => {
    head(response, range, 10, { 'content-length': undefined, connection: 'close' })
    response.useChunkedEncodingByDefault = false
    response.end(bytes.subarray(2, 5))
  }
  const silent: Fault = (response, range) => {
    head(response, range, 10)
    response.write(bytes.subarray(2, 5))
  }
  t.match(await ask((await source(t, half)).url), { came: 5, text: '234', failure: { code: 'ECONNRESET' } })
  t.match(await ask((await source(t, closing)).url), { came: 5, failure: { message: /ended 3 bytes early/ } })
  t.match(await ask((await source(t, silent)).url, { stallTimeout: 50 }), {
    came: 5,
    failure: { name: 'TimeoutError', message: 'Request timed out: no data received for 50 ms' },
  })
  t.match(await ask((await source(t, () => undefined)).url, { stallTimeout: 50 }), {
    came: 2,
    failure: { name: 'TimeoutError' },
  })
})

t.test('fails for an overlong body, and closes the connection', async t => {
  const gone: Promise<void>[] = []
  const one = await source(t, (response, range, request) => {
    gone.push(closed(request))
    head(response, range, 10, { 'content-length': undefined })
    response.write('234567and more')
  })
  t.match(await ask(one.url), { came: 8, failure: { name: 'OverlongBody' } })
  await Promise.all(gone)
})

t.test('throws the error of accept(), and closes the connection', async t => {
  let gone: Promise<void> | undefined
  const one = await source(t, (response, range, request) => {
    gone = closed(request)
    head(response, range, 10)
    response.write('2')
  })
  const into = new RangeBuffer({ start: 2, end: 8 })
  const signal = new AbortController().signal
  const refusal = new Error('not this one')
  const accept = () => {
    throw refusal
  }
  await t.rejects(
    httpGet({ target: httpOptions({ url: one.url }), range: into, into, signal, accept }),
    refusal,
  )
  await gone
})

t.test('aborts before the request, while waiting and during the body, and leaves no listener', async t => {
  const waiting: Fault = () => controller.abort()
  const middle: Fault = (response, range) => {
    head(response, range, 10)
    response.write('23')
    setImmediate(() => controller.abort())
  }
  let controller = new AbortController()
  controller.abort()
  const none = await source(t)
  t.match(await ask(none.url, {}, controller.signal), { failure: { name: 'AbortError' } })
  t.same(none.log, [])
  for (const fault of [waiting, middle]) {
    controller = new AbortController()
    const one = await source(t, fault)
    t.match(await ask(one.url, {}, controller.signal), { failure: { name: 'AbortError' } })
    t.equal(getEventListeners(controller.signal, 'abort').length, 0)
  }
  const kept = new AbortController()
  const fine = await source(t)
  await ask(fine.url, {}, kept.signal)
  t.equal(getEventListeners(kept.signal, 'abort').length, 0)
})

t.test('times out a dripping body, and closes the connection', async t => {
  let gone: Promise<void> | undefined
  const one = await source(t, (response, range, request) => {
    gone = closed(request)
    head(response, range, bytes.length, { 'content-length': undefined })
    const drip = setInterval(() => response.write(''.padEnd(1, 'x')), 20)
    void gone.then(() => clearInterval(drip))
  })
  // Eight bytes would be complete before the timeout, so the test requests a longer range.
  const into = new RangeBuffer({ start: 2, end: 2000 })
  const target = httpOptions({ url: one.url, stallTimeout: 200 })
  const { signal } = new AbortController()
  const failure: unknown = await httpGet({
    target,
    range: into,
    into,
    signal,
    accept: () => undefined,
  }).catch((error: unknown) => error)
  t.match(failure, {
    name: 'TimeoutError',
    message: /^Request timed out: less than 512 bytes a second \(minThroughput\)/,
  })
  t.ok(into.received > 2)
  await gone
})

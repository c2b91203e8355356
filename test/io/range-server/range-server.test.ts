import { once } from 'node:events'
import { promises } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { BlockCache } from '../../../lib/io/cache/block-cache.js'
import { RangeServer } from '../../../lib/io/range-server/range-server.js'
import { MiB } from '../../../lib/options.js'
import { SyntheticSource, bytesOf } from '../../support/synthetic-source.js'

const SIZE = 300_000

async function started(t: Test, onError?: (error: Error) => void) {
  const server = await RangeServer.start({ onError: onError ?? (error => t.fail(error.message)) })
  t.teardown(() => server.close())
  const { port, username, password } = new URL(server.proxy)
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  /** Sends `text`, and returns everything the server sends before it closes the connection. */
  const say = async (text: string) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
    return ((await socket.toArray()) as Buffer[]).join('')
  }
  /** The status line of the response to a request for `target` with the token. */
  const line = async (
    target: string,
    method = 'GET',
    header = `Proxy-Authorization: ${authorization}\r\n`,
  ) => {
    const answer = await say(`${method} ${target} HTTP/1.1\r\nHost: x\r\n${header}Connection: close\r\n\r\n`)
    return answer.split('\r\n')[0]
  }
  const get = async (path: string, range?: string): Promise<IncomingMessage> => {
    const headers = { 'proxy-authorization': authorization, ...(range !== undefined && { range }) }
    const asked = request({ host: '127.0.0.1', port, path, headers, agent: false })
    asked.on('error', () => undefined)
    const answered = once(asked, 'response') as Promise<[IncomingMessage]>
    asked.end()
    return (await answered)[0]
  }
  return { server, port: Number(port), say, line, get }
}

async function body(response: IncomingMessage): Promise<Buffer> {
  return Buffer.concat((await response.toArray()) as Buffer[])
}

t.test('serves a source at its URL, with the token', async t => {
  const { server, get } = await started(t)
  const first = server.add(new SyntheticSource(SIZE), 'first.mp4')
  const second = server.add(new SyntheticSource(500))
  t.match(server.proxy, /^http:\/\/job:[\w-]{32}@127\.0\.0\.1:\d+$/)
  t.equal(first.url, 'http://avio-streams.invalid/0/first.mp4')
  t.equal(second.url, 'http://avio-streams.invalid/1/input')
  t.notOk(first.url.includes(new URL(server.proxy).password))
  t.ok((await body(await get(first.url))).equals(bytesOf(0, SIZE)))
  t.ok((await body(await get(first.url, 'bytes=1000-1999'))).equals(bytesOf(1000, 2000)))
  t.ok((await body(await get(second.url.replace('.invalid/', '.invalid:80/')))).equals(bytesOf(0, 500)))
  t.equal(first.bytesServed, SIZE + 1000)
  t.equal(first.requests, 2)
  t.equal(second.bytesServed, 500)
  t.equal(second.requests, 1)
})

t.test('sanitizes the name in a URL', async t => {
  const { server, get } = await started(t)
  for (const [name, path] of [
    ['a b/../c?d#e%41.mp4', '0/a_b_.._c_d_e_41.mp4'],
    ['', '1/input'],
    ['..', '2/input'],
    ['é\r\n', '3/___'],
    [`${'x'.repeat(200)}.mkv`, `4/${'x'.repeat(60)}.mkv`],
  ] as const) {
    const { url } = server.add(new SyntheticSource(1), name)
    t.equal(url, `http://avio-streams.invalid/${path}`)
    t.equal((await get(url)).statusCode, 200)
  }
})

t.test('answers 407 without the right token', async t => {
  const { server, line, say } = await started(t)
  const source = new SyntheticSource(SIZE)
  const { url } = server.add(source)
  const wrong = `Basic ${Buffer.from('job:wrong').toString('base64')}`
  for (const header of ['', `Proxy-Authorization: ${wrong}\r\n`, `Authorization: ${wrong}\r\n`]) {
    for (const [target, method] of [[url], ['/'], [url, 'POST'], ['example.com:80', 'CONNECT']] as const) {
      t.equal(await line(target, method, header), 'HTTP/1.1 407 Proxy Authentication Required')
    }
  }
  const answer = await say(`GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`)
  t.match(answer, /\r\nProxy-Authenticate: Basic realm="avio-streams"\r\n/)
  t.match(answer, /\r\nConnection: close\r\n/)
  t.same(source.log, [])
})

t.test('answers 404 for any other URL, and reports it', async t => {
  const errors: Error[] = []
  const { server, line, port } = await started(t, error => errors.push(error))
  const source = new SyntheticSource(SIZE)
  const { url } = server.add(source, 'a.mp4')
  for (const target of [
    '/0/a.mp4',
    '/',
    '*',
    `${url}?x`,
    `${url}/`,
    url.replace('/0/', '/1/'),
    url.replace('/0/', '/0/../0/'),
    url.replace('.invalid', '.invalid:81'),
    url.replace('http:', 'https:'),
    url.replace('avio-streams.invalid', 'example.com'),
    `http://127.0.0.1:${port}/0/a.mp4`,
    'http://169.254.169.254/latest/meta-data/',
  ]) {
    t.equal(await line(target), 'HTTP/1.1 404 Not Found', target)
  }
  t.same(source.log, [])
  t.match(
    errors,
    [{ code: 'AVIO_ERR_PROTOCOL_REFUSED', message: /requested \/0\/a\.mp4/ }],
    'only the first is reported',
  )
})

t.test('answers 405 for other methods, including CONNECT', async t => {
  const errors: Error[] = []
  const { server, line } = await started(t, error => errors.push(error))
  const { url } = server.add(new SyntheticSource(SIZE))
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
    t.equal(await line(url, method), 'HTTP/1.1 405 Method Not Allowed', method)
  }
  t.equal(await line('127.0.0.1:80', 'CONNECT'), 'HTTP/1.1 405 Method Not Allowed')
  t.match(
    errors,
    [{ code: 'AVIO_ERR_PROTOCOL_REFUSED', message: /requested POST/ }],
    'only the first is reported',
  )
})

t.test('reports CONNECT with the token', async t => {
  const errors: Error[] = []
  const { line } = await started(t, error => errors.push(error))
  await line('example.com:443', 'CONNECT', '')
  t.same(errors, [], 'a request without the token is not reported')
  await line('example.com:443', 'CONNECT')
  t.match(errors, [
    { code: 'AVIO_ERR_PROTOCOL_REFUSED', message: /requested CONNECT example\.com:443, which/ },
  ])
})

t.test('serves the client with the token despite 400 silent connections', async t => {
  const { server, port, get } = await started(t)
  const { url } = server.add(new SyntheticSource(SIZE))
  const strangers = Array.from({ length: 400 }, () => connect(port, '127.0.0.1').on('error', () => undefined))
  t.teardown(() => strangers.forEach(stranger => stranger.destroy()))
  await Promise.all(strangers.map(stranger => once(stranger, 'connect')))
  t.same(await body(await get(url)), bytesOf(0, SIZE))
})

t.test('answers 400 for invalid or oversized requests, and closes the connection', async t => {
  const { server, say } = await started(t)
  const { url } = server.add(new SyntheticSource(SIZE))
  for (const text of [
    'hello\r\n\r\n',
    'GET\r\n\r\n',
    `GET ${url} HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
  ]) {
    t.match(await say(text), /^HTTP\/1\.1 400 /)
  }
})

t.test('breaks the connection of a failed read, and reports the original error once', async t => {
  const errors: Error[] = []
  const { server, get } = await started(t, error => errors.push(error))
  const failure = new Error('on purpose')
  const source = new SyntheticSource(SIZE, {
    before: position => {
      if (position > 100_000) throw failure
    },
  })
  const { url } = server.add(source)
  for (let n = 0; n < 2; n++) await t.rejects(async () => body(await get(url)), { code: 'ECONNRESET' })
  t.equal(errors.length, 1)
  t.equal(errors[0], failure)
})

t.test('reports a failed size as well', async t => {
  const errors: Error[] = []
  const { server, get } = await started(t, error => errors.push(error))
  const failure = new Error('on purpose')
  const { url } = server.add({
    size: () => Promise.reject(failure),
    read: () => t.fail('the source was read') as never,
  })
  await t.rejects(get(url), { code: 'ECONNRESET' })
  t.same(errors, [failure])
})

t.test('cancels the read of a disconnected client without an error', async t => {
  const { server, get } = await started(t)
  const source = new SyntheticSource(1000 * MiB)
  const served = server.add(source)
  const response = await get(served.url, 'bytes=5-')
  await once(response, 'readable')
  response.destroy()
  while (source.underWay > 0) await new Promise(setImmediate)
  t.match(source.log[2], /^cut 5-1048576000 at/)
})

t.test('fetches little for a client that does not read', { skip: process.platform !== 'linux' }, async t => {
  const { server, get } = await started(t)
  const source = new SyntheticSource(1000 * MiB)
  const served = server.add(source)
  const response = await get(served.url)
  response.pause()
  let before = -1
  while (served.bytesServed !== before) {
    before = served.bytesServed
    await new Promise(resolve => setTimeout(resolve, 30))
  }
  t.ok(served.bytesServed <= MiB / 2, `${served.bytesServed} bytes were sent`)
  response.resume()
  while (served.bytesServed < 30 * MiB) await once(response, 'data')
  t.pass('a client that resumes receives the rest')
  response.destroy()
})

/** Counts how often the kernel's table of sockets is read. */
function countLooks(t: Test): () => number {
  const { readFile } = promises
  const restored = () => {
    promises.readFile = readFile
    syncBuiltinESMExports()
  }
  let looks = 0
  promises.readFile = ((...args: Parameters<typeof readFile>) => {
    if (args[0] === '/proc/net/tcp') looks++
    return readFile(...args)
  }) as typeof readFile
  syncBuiltinESMExports()
  t.teardown(restored)
  return () => looks
}

t.test('looks for nothing while a seek stays within its block', async t => {
  const looks = countLooks(t)
  const { server, get } = await started(t)
  const cache = new BlockCache(new SyntheticSource(64 * MiB), { cacheSize: 8 * MiB })
  t.teardown(() => cache.close())
  const { url } = server.add(cache)
  for (const block of [0, 40, 3, 17]) {
    const start = block * MiB + 1000
    const end = (block + 1) * MiB
    t.ok((await body(await get(url, `bytes=${start}-${end - 1}`))).equals(bytesOf(start, end)))
  }
  t.equal(looks(), 0)
  await body(await get(url, `bytes=0-${4 * MiB - 1}`))
  if (process.platform === 'linux') t.ok(looks() > 0, 'a read of more blocks is paced')
})

t.test('ends every connection and read on close, which can be repeated', async t => {
  const { server, get, port } = await started(t)
  const source = new SyntheticSource(SIZE, {
    before: position => position > 0 && new Promise(() => undefined),
  })
  const { url } = server.add(source)
  const responses = await Promise.all([get(url), get(url)])
  const idle = connect(port, '127.0.0.1')
  await once(idle, 'connect')
  const ends = responses.map(response => t.rejects(body(response), { code: 'ECONNRESET' }))
  idle.on('error', () => undefined)
  const closed = once(idle, 'close')
  await server.close()
  t.equal(source.underWay, 0)
  await Promise.all([...ends, closed])
  await server.close()
  const late = connect(port, '127.0.0.1')
  const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
  t.equal(error.code, 'ECONNREFUSED')
})

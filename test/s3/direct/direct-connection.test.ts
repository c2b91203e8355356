import { getEventListeners, once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { RangeBuffer } from '../../../lib/io/fetch/range-buffer.js'
import { BLOCK_SIZE } from '../../../lib/io/memory/block-pool.js'
import { DirectBody } from '../../../lib/s3/direct/direct-body.js'
import { DirectConnection } from '../../../lib/s3/direct/direct-connection.js'

/** A connection to a server that handles every request with `answer`. */
async function connection(t: Test, answer: (socket: Socket, request: string) => void) {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    let text = ''
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      if (!text.endsWith('\r\n\r\n')) return
      const request = text
      text = ''
      answer(socket, request)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let freed = 0
  const one = new DirectConnection(
    onread => connect({ port, host: '127.0.0.1', onread }),
    () => freed++,
  )
  t.teardown(() => {
    one.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    one,
    freed: () => freed,
    get: (signal?: AbortSignal) => one.send({ path: '/b/k', headers: { host: 'h' } }, signal),
  }
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

async function text(body: AsyncIterable<unknown>): Promise<string> {
  let all = ''
  for await (const chunk of body) all += String(chunk)
  return all
}

async function fill(into: RangeBuffer, body: Readable): Promise<void> {
  if (!(body instanceof DirectBody)) throw new Error('The body belongs to Node’s client')
  await body.into(into, () => undefined)
}

const isDirect = (body: unknown) => body instanceof DirectBody

const head = (length: number, more = '') =>
  `HTTP/1.1 206 Partial Content\r\nContent-Length: ${length}\r\n${more}\r\n`

t.test('reads a response cut at every byte', async t => {
  const answer = head(5) + 'hello'
  for (let cut = 1; cut < answer.length; cut++) {
    const { get } = await connection(t, socket => {
      socket.write(answer.slice(0, cut))
      setImmediate(() => setImmediate(() => socket.write(answer.slice(cut))))
    })
    const { message, body } = await get()
    t.equal(message.statusCode, 206)
    const into = new RangeBuffer({ start: 0, end: 5 })
    await fill(into, body)
    t.equal(into.take()?.toString(), 'hello', `cut at ${cut}`)
  }
})

t.test('reads a body across many blocks, and the next on the same connection', async t => {
  const bytes = Buffer.from(Uint8Array.from({ length: 3 * BLOCK_SIZE + 7 }, (_, i) => i * 31 + (i >> 8)))
  let requests = 0
  const { one, get, freed } = await connection(t, socket => {
    requests++
    socket.write(head(bytes.length))
    socket.write(bytes)
  })
  for (const nth of [1, 2, 3]) {
    const { body } = await get()
    t.ok(isDirect(body))
    const into = new RangeBuffer({ start: 0, end: bytes.length })
    await fill(into, body)
    const all: Buffer[] = []
    for (let chunk = into.take(); chunk; chunk = into.take()) all.push(chunk)
    t.ok(Buffer.concat(all).equals(bytes))
    t.equal(requests, nth)
    t.equal(freed(), nth)
    t.ok(one.isUsed)
    t.notOk(one.isClosed)
  }
})

t.test('sends the same request as Node’s client', async t => {
  const requests: string[] = []
  const { get } = await connection(t, (socket, request) => {
    requests.push(request)
    socket.write(head(1) + 'x')
  })
  await get()
  t.match(requests, [/^GET \/b\/k HTTP\/1\.1\r\nhost: h\r\n/])
})

t.test('skips headers before the final one', async t => {
  const { get } = await connection(t, socket =>
    socket.write(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${head(5)}hello`,
    ),
  )
  const { message, body } = await get()
  t.equal(message.statusCode, 206)
  t.ok(isDirect(body))
  t.equal(await text(body), 'hello')
})

t.test('leaves everything except plain content to Node’s client', async t => {
  const answers = {
    'a chunked body': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n',
    'a body that ends with the connection': 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello',
    'an error': 'HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello',
    'an HTTP/1.0 response': 'HTTP/1.0 200 OK\r\n\r\nhello',
  }
  for (const [name, answer] of Object.entries(answers)) {
    for (const cut of [10, answer.length - 3, answer.length]) {
      const { one, get } = await connection(t, socket => {
        socket.write(answer.slice(0, cut))
        setImmediate(() => setImmediate(() => socket.end(answer.slice(cut))))
      })
      const { body } = await get()
      t.notOk(isDirect(body), name)
      t.equal(await text(body), 'hello', `${name}, cut at ${cut}`)
      while (!one.isClosed) await new Promise<void>(resolve => setImmediate(resolve))
    }
  }
})

t.test('accepts a complete response from a server that then closes', async t => {
  for (const answer of [head(5, 'Connection: close\r\n'), head(5).replace('1.1', '1.0')]) {
    const { one, get, freed } = await connection(t, socket => socket.write(answer + 'hello'))
    const into = new RangeBuffer({ start: 0, end: 5 })
    await fill(into, (await get()).body)
    t.equal(into.take()?.toString(), 'hello')
    t.ok(one.isClosed)
    t.equal(freed(), 0)
  }
})

t.test('reports a break at any point as an error', async t => {
  const cuts: Record<string, string> = {
    'before the header': '',
    'in the header': 'HTTP/1.1 206 Par',
    'in the body': `${head(5)}hel`,
    'in a chunked body': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhe',
  }
  for (const [when, answer] of Object.entries(cuts)) {
    for (const close of ['end', 'resetAndDestroy'] as const) {
      const { one, get } = await connection(t, socket => {
        socket.write(answer, () => setImmediate(() => socket[close]()))
      })
      const reading = get().then(({ body }) => text(body))
      t.match(await failure(reading), { code: 'ECONNRESET' }, `${close} ${when}`)
      t.ok(one.isClosed)
    }
  }
})

t.test('rejects responses that are not HTTP', async t => {
  for (const answer of [
    'SSH-2.0-OpenSSH_9.2\r\n\r\n',
    'x'.repeat(200_000),
    `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(70_000)}`,
  ]) {
    const { one, get } = await connection(t, socket => socket.write(answer))
    t.match(await failure(get()), { code: /^HPE_/ })
    t.ok(one.isClosed)
  }
})

t.test('closes the connection on unsolicited bytes', async t => {
  const { one, get } = await connection(t, socket => socket.write(`${head(5)}hello and more`))
  const { body } = await get()
  t.match(await failure(text(body)), { message: /longer than announced/ })
  t.ok(one.isClosed)
  const idle = await connection(t, socket => {
    socket.write(`${head(5)}hello`)
    setTimeout(() => socket.write('HTTP/1.1 408 Too late\r\n\r\n'), 20)
  })
  t.equal(await text((await idle.get()).body), 'hello')
  while (!idle.one.isClosed) await new Promise<void>(resolve => setImmediate(resolve))
})

t.test('reports a refused connection', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const one = new DirectConnection(
    onread => connect({ port, host: '127.0.0.1', onread }),
    () => undefined,
  )
  t.match(await failure(one.send({ path: '/' }, undefined)), { code: 'ECONNREFUSED' })
})

t.test('closes the connection on abort, and leaves no listener', async t => {
  for (const answer of ['', 'HTTP/1.1 206 Par', `${head(5)}hel`]) {
    const { one, get } = await connection(t, socket => socket.write(answer))
    const abort = new AbortController()
    const reading = get(abort.signal).then(({ body }) => text(body))
    await new Promise(resolve => setTimeout(resolve, 10))
    abort.abort()
    t.match(await failure(reading), { name: 'AbortError' })
    t.ok(one.isClosed)
    t.equal(getEventListeners(abort.signal, 'abort').length, 0)
  }
  const { one, get } = await connection(t, () => t.fail('a request was sent'))
  t.match(await failure(get(AbortSignal.abort())), { name: 'AbortError' })
  t.ok(one.isClosed)
})

t.test('pauses the server if nobody reads the body, and lets the body be abandoned', async t => {
  const { one, get } = await connection(t, socket => {
    socket.write(head(50_000_000))
    socket.write(Buffer.alloc(50_000_000))
  })
  const { body } = await get()
  await new Promise(resolve => setTimeout(resolve, 20))
  body.destroy()
  t.ok(one.isClosed)
})

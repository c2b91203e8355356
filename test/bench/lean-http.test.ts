import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import t from 'tap'
import { createLeanServer, parseHead } from '../../bench/support/lean-http.js'

t.test('parses heads', t => {
  const head = 'PUT /a?b=c HTTP/1.1\r\nHost: x\r\nX-Two: 1\r\nx-two:  2 \r\nconnection: Keep-Alive'
  t.same(parseHead(head), {
    ...{ method: 'PUT', url: '/a?b=c', isKeptAlive: true },
    headers: { host: 'x', 'x-two': '1, 2', connection: 'Keep-Alive' },
  })
  t.equal(parseHead('GET / HTTP/1.1\r\nConnection: close')?.isKeptAlive, false)
  t.equal(parseHead('GET / HTTP/1.0')?.isKeptAlive, false)
  for (const wrong of ['', 'GET /', 'GET / HTTP/2.0', 'GET / HTTP/1.1\r\nno colon']) {
    t.equal(parseHead(wrong), undefined, wrong)
  }
  t.end()
})

const PUT = 'PUT /1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello'
const POST = 'POST /2 HTTP/1.1\r\nContent-Length: 3\r\n\r\nyou'
const LAST = 'GET /3 HTTP/1.1\r\nConnection: close\r\n\r\n'

t.test('delivers requests cut at every byte, one after the other', async t => {
  const seen: string[] = []
  const server = createLeanServer(
    (message, response) => {
      const chunks: string[] = []
      message.on('data', (bytes: Buffer) => chunks.push(bytes.toString()))
      message.on('end', () => {
        seen.push(`${message.url} ${chunks.join('')}`)
        response.writeHead(200, { 'content-length': '2' })
        response.write(Buffer.from('ok'), () => undefined)
        response.end(() => undefined)
      })
      // As late as LocalS3, which first looks for a fault.
      queueMicrotask(() => message.resume())
    },
    () => undefined,
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  for (let cut = 1; cut < PUT.length; cut++) {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    const answered = once(socket, 'data')
    socket.write(PUT.slice(0, cut))
    await new Promise(resolve => setImmediate(resolve))
    socket.write(PUT.slice(cut))
    await answered
    socket.write(POST)
    await once(socket, 'data')
    socket.end(LAST)
    const [last] = (await once(socket, 'data')) as [Buffer]
    t.match(last.toString(), /^HTTP\/1.1 200 OK\r\n[^]*Connection: close\r\n\r\nok$/)
    if (!socket.closed) await once(socket, 'close')
    t.same(seen.splice(0), ['/1 hello', '/2 you', '/3 '], `cut after ${cut} bytes`)
  }
})

t.test('closes a connection that sends more than a body', async t => {
  const server = createLeanServer(
    message => message.resume(),
    () => undefined,
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('PUT /1 HTTP/1.1\r\nContent-Length: 1\r\n\r\nab')
  await once(socket, 'close')
})

// node range-client.mjs <proxy> <url> <start>+<length> …: reads each span as ffmpeg does, by a request for all bytes from
// `start` on that it leaves after `length`. Prints the number of bytes received.
import { once } from 'node:events'
import { connect } from 'node:net'

const [proxy, url, ...spans] = process.argv.slice(2)
const { port, username, password } = new URL(proxy)
const token = Buffer.from(`${username}:${password}`).toString('base64')
const buffer = Buffer.alloc(256 * 1024)
let total = 0

for (const span of spans) {
  const [start, length] = span.split('+').map(Number)
  let received = 0
  const callback = bytes => {
    received += bytes
    if (received >= length) socket.destroy()
    return true
  }
  const socket = connect({ port: Number(port), host: '127.0.0.1', onread: { buffer, callback } })
  const lines = [
    `GET ${url} HTTP/1.1`,
    'Host: x',
    `Proxy-Authorization: Basic ${token}`,
    `Range: bytes=${start}-`,
  ]
  socket.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`)
  await once(socket, 'close')
  total += received
}
console.log(total)

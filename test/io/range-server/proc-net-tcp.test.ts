import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { ProcNetTcp, unreadBytes } from '../../../lib/io/range-server/proc-net-tcp.js'

const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
const tail = '01:00000000 00000000     0        0 4242 1 0000000000000000 20 4 30 10 -1'
const table = [
  head,
  `   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 ${tail}`,
  `   1: 0100007F:1F90 0100007F:C001 01 0000ABCD:00000001 ${tail}`,
  `   2: 0100007F:C001 0100007F:1F90 01 00000002:00010000 ${tail}`,
  ` 103: 0100007F:C002 0100007F:1F90 01 00000002:00020000 ${tail}`,
  `1004: 0100007F:1F90 0200007F:C002 01 00000003:00000000 ${tail}`,
  `1005: 7F000001:0050 7F000001:00FF 08 00000003:00000000 ${tail}`,
  `1006: 7F000001:00FF 7F000001:0050 01 00000000:00000004 ${tail}`,
  '',
].join('\n')

t.test('adds the sender’s and the receiver’s queues', async t => {
  t.equal(unreadBytes(table, { local: 0x1f90, remote: 0xc001 }), 0xabcd + 0x10000)
  t.equal(unreadBytes(table, { local: 0xc001, remote: 0x1f90 }), 2 + 1, 'in the other direction')
  t.equal(unreadBytes(table, { local: 0x50, remote: 0xff }), 7, 'a big-endian machine, a small port')
})

t.test('reports nothing if either end is missing', async t => {
  t.equal(unreadBytes(table, { local: 0x1f90, remote: 0xc002 }), undefined)
  t.equal(unreadBytes(table, { local: 1, remote: 2 }), undefined)
  t.equal(unreadBytes('', { local: 0x1f90, remote: 0xc001 }), undefined)
  t.equal(
    unreadBytes(table.slice(0, table.indexOf('00010000')), { local: 0x1f90, remote: 0xc001 }),
    undefined,
  )
})

t.test('reports nothing without the kernel’s table', async t => {
  t.equal(await new ProcNetTcp('/nowhere').unread({ local: 1, remote: 2 }), undefined)
})

t.test('reports the unread bytes of a real connection', { skip: process.platform !== 'linux' }, async t => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  const [socket] = await accepted
  const ports = { local: socket.localPort!, remote: socket.remotePort! }
  const sockets = new ProcNetTcp()
  t.equal(await sockets.unread(ports), 0)
  await new Promise(resolve => socket.write(Buffer.alloc(100_000), resolve))
  const unread = await Promise.all([sockets.unread(ports), sockets.unread(ports), sockets.unread(ports)])
  // A paused Node socket has read one buffer of at most 64 KiB; unacknowledged bytes are counted twice.
  for (const bytes of unread) t.ok(bytes! >= 100_000 - 65_536 && bytes! <= 200_000, `${bytes}`)
  client.resume()
  while ((await sockets.unread(ports)) !== 0) await new Promise(setImmediate)
  t.pass('no unread bytes remain')
  client.destroy()
  await once(socket, 'close')
  server.close()
})

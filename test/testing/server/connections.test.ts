import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { Connections } from '../../../lib/testing/server/connections.js'

t.test('numbers, counts, resets and closes connections', async t => {
  const connections = new Connections()
  const server = createServer()
  const accepted: Socket[] = []
  server.on('connection', socket => {
    connections.add(socket)
    accepted.push(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const open = async () => {
    const accepting = once(server, 'connection')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    await accepting
    return socket
  }
  const clients = [await open(), await open(), await open()]
  const closed = clients.map(client => new Promise(resolve => client.on('close', resolve)))
  let reset: NodeJS.ErrnoException | undefined
  clients[0]!.on('error', error => (reset = error))
  t.same(
    accepted.map(socket => connections.numberOf(socket)),
    [1, 2, 3],
  )
  t.equal(connections.size, 3)
  connections.reset(accepted[0]!)
  await closed[0]
  t.equal(reset?.code, 'ECONNRESET')
  if (!accepted[0]!.closed) await once(accepted[0]!, 'close')
  t.equal(connections.size, 2)
  const ended = Promise.all(accepted.slice(1).map(socket => once(socket, 'close')))
  const gone = accepted[1]!
  t.equal(connections.numberOf(gone), 2)
  connections.destroy()
  await Promise.all([...closed, ended])
  t.equal(connections.size, 0)
  t.equal(connections.numberOf(gone), 0, 'a closed connection has no number')
  connections.reset(gone)
})

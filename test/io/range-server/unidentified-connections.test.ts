import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { UnidentifiedConnections } from '../../../lib/io/range-server/unidentified-connections.js'

async function server(
  t: Test,
  welcome: (socket: Socket, strangers: UnidentifiedConnections) => void = () => undefined,
) {
  const strangers = new UnidentifiedConnections()
  const accepted: Socket[] = []
  let reached: { count: number; resolve: () => void } | undefined
  /** Resolves after `count` connections. */
  const came = (count: number) =>
    new Promise<void>(resolve => {
      if (accepted.length >= count) resolve()
      reached = { count, resolve }
    })
  const listening = createServer(socket => {
    accepted.push(socket.on('error', () => undefined))
    strangers.add(socket)
    welcome(socket, strangers)
    if (accepted.length >= (reached?.count ?? Infinity)) reached!.resolve()
  }).listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  await once(listening, 'listening')
  const sockets: Socket[] = []
  t.teardown(() => {
    for (const socket of [...sockets, ...accepted]) socket.destroy()
    listening.close()
  })
  const { port } = listening.address() as AddressInfo
  const visit = async (word?: string) => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    if (word !== undefined) socket.write(word)
    sockets.push(socket)
    await once(socket, 'connect')
    return socket
  }
  return { strangers, accepted, came, visit }
}

const turns = async (count: number) => {
  for (let n = 0; n < count; n++) await new Promise(resolve => setImmediate(resolve))
}

t.test('drops only the oldest unidentified connections when there are too many', async t => {
  const known: Socket[] = []
  const { strangers, accepted, came, visit } = await server(t, (socket, strangers) => {
    socket.once('data', () => {
      known.push(socket)
      strangers.welcome(socket)
    })
  })
  await visit('token')
  const crowd = Array.from({ length: 300 }, () => visit())
  await visit('token')
  await Promise.all([...crowd, ...Array.from({ length: 100 }, () => visit())])
  await came(402)
  while (strangers.count > 64) await turns(1)
  t.equal(strangers.count, 64)
  t.equal(known.length, 2)
  t.ok(known.every(socket => !socket.destroyed))
  t.ok(
    accepted.slice(-30).every(socket => !socket.destroyed),
    'the newest are left',
  )
})

t.test('forgets closed connections', async t => {
  const { strangers, accepted, came, visit } = await server(t)
  await Promise.all(Array.from({ length: 10 }, () => visit()))
  await came(10)
  t.equal(strangers.count, 10)
  const closed = accepted.map(socket => once(socket, 'close'))
  for (const socket of accepted) socket.destroy()
  await Promise.all(closed)
  t.equal(strangers.count, 0)
})

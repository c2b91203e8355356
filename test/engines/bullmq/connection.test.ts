import t from 'tap'
import { connect, engineOf } from '../../../lib/engines/bullmq/connection.js'
import { freePort } from '../../support/servers/free-port.js'

t.test('tells the engine by the address, the options or the client', async t => {
  const pool = { connect: () => undefined, query: () => undefined, totalCount: 0 }
  for (const [connection, engine] of [
    ...['redis://h', 'rediss://h:1/2', 'valkey://h'].map(address => [address, 'redis'] as const),
    ...['postgres://h/d', 'postgresql://h/d'].map(address => [address, 'postgres'] as const),
    [{ host: 'h', port: 1 }, 'redis'],
    [{ connectionString: 'postgres://h/d' }, 'postgres'],
    [pool, 'postgres'],
  ] as const) {
    t.equal(engineOf(connection), engine)
  }
})

t.test('refuses anything else, and shows no password', async t => {
  for (const connection of [undefined, null, 7, '', 'localhost', 'mysql://u:secret@h/d']) {
    const error = t.throws(() => engineOf(connection), { code: 'AVIO_ERR_OPTION', option: 'connection' })
    t.notMatch((error as Error).message, /secret/)
  }
})

t.test('says where nothing answers, without the password', async t => {
  const port = await freePort()
  for (const scheme of ['redis', 'postgres']) {
    for (const role of ['caller', 'worker'] as const) {
      const error = await connect(`${scheme}://me:secret@127.0.0.1:${port}`, role).catch(
        (error: unknown) => error,
      )
      t.match(error, {
        ...{ code: 'AVIO_ERR_QUEUE_UNREACHABLE', retryable: true },
        message: new RegExp(`${scheme}://127.0.0.1:${port}.*ECONNREFUSED`),
      })
      t.notMatch(JSON.stringify(error), /secret/)
    }
  }
})

import { Redis as RedisClient } from 'ioredis'
import pg from 'pg'
import t, { type Test } from 'tap'
import type { QueueConnection } from '../../../lib/engines/bullmq/connection.js'
import { isOfEngine, unreachable } from '../../../lib/engines/bullmq/engine-failure.js'
import { type OpenQueue, withQueue } from '../../../lib/engines/bullmq/open-queue.js'
import { S3Error } from '../../../lib/errors.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import type { QueueServer } from '../../support/servers/queue-server.js'

/** What happens to an engine in the middle of a call. */
interface Trouble {
  readonly happens: (server: QueueServer) => Promise<unknown>
  /** What the message says of it, and the remedy. */
  readonly says: RegExp
  /** The connection, if it is not the address. */
  readonly connection?: (server: QueueServer) => QueueConnection
}

const redis = (run: (client: RedisClient) => Promise<unknown>) => async (server: QueueServer) => {
  const client = new RedisClient(server.url)
  await run(client).finally(() => client.disconnect())
}
const sql = (text: string) => async (server: QueueServer) => {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  await client.query(text).finally(() => client.end())
}
/** The address for a user of another name. */
const as = (user: string) => (server: QueueServer) => {
  const url = new URL(server.url)
  Object.assign(url, { username: user, password: 'secret' })
  return url.href
}
const freeze = async (server: QueueServer) => {
  server.freeze()
}

const TROUBLES: Readonly<Record<string, Readonly<Record<string, Trouble>>>> = {
  Redis: {
    'is stopped': {
      happens: server => server.stop(),
      says: /(ECONNREFUSED|lost|closed).*whether the server runs/,
    },
    'is full': {
      happens: redis(client => client.config('SET', 'maxmemory', '1')),
      says: /OOM command not allowed.*no room: give it more/,
    },
    'is a replica': {
      happens: redis(client => client.replicaof('127.0.0.1', 1)),
      says: /READONLY.*address of the primary/,
    },
    'answers no more': {
      happens: freeze,
      says: /"connection": Command timed out.*whether the server runs/,
      connection: ({ url }) => ({ url, commandTimeout: 300 }),
    },
    'permits less': {
      happens: redis(client =>
        client.call('ACL', 'SETUSER', 'me', 'on', '>secret', '~*', '+@all', '-del', '-eval', '-evalsha'),
      ),
      says: /NOPERM.*Grant this user/,
      connection: as('me'),
    },
  },
  PostgreSQL: {
    'is stopped': {
      happens: server => server.stop(),
      says: /(ECONNREFUSED|terminat|shut).*(server runs|is ready)/,
    },
    'answers no more': {
      happens: freeze,
      says: /"connection": Query read timeout.*whether the server runs/,
      connection: ({ url }) => ({ connectionString: url, query_timeout: 300 }),
    },
    'permits less': {
      happens: sql('REVOKE ALL ON ALL TABLES IN SCHEMA bullmq FROM me'),
      says: /permission denied.*Grant this user/,
      connection: as('me'),
    },
  },
}

/** Something that each engine has to write. */
async function write({ queue }: OpenQueue): Promise<void> {
  const job = await queue.add('job', { a: 1 }, { jobId: 'one' })
  await job.remove()
}

async function prepare(t: Test, name: string, server: QueueServer): Promise<void> {
  t.teardown(() => server.thaw())
  if (name === 'Redis') {
    await redis(client => client.call('ACL', 'SETUSER', 'me', 'on', '>secret', '~*', '&*', '+@all'))(server)
    return
  }
  // BullMQ’s tables are made by the first who connects.
  await withQueue({ connection: server.url, queue: 'q' }, write)
  await sql("CREATE USER me PASSWORD 'secret'")(server)
  await sql('GRANT ALL ON SCHEMA bullmq TO me')(server)
  await sql('GRANT ALL ON ALL TABLES IN SCHEMA bullmq TO me')(server)
  await sql('GRANT ALL ON ALL SEQUENCES IN SCHEMA bullmq TO me')(server)
}

for (const { name, missing, start } of QUEUE_SERVERS) {
  for (const [what, { happens, says, connection }] of Object.entries(TROUBLES[name]!)) {
    t.test(`tells that ${name} ${what}, where it is, and what to do`, { skip: missing }, async t => {
      const server = await start(t)
      await prepare(t, name, server)
      const settings = { connection: connection?.(server) ?? server.url, queue: 'q' }
      const call = withQueue(settings, async open => {
        await write(open)
        await happens(server)
        await write(open)
      })
      const error = await call.then(
        () => t.fail('it succeeded'),
        (error: unknown) => error,
      )
      t.match(error, { code: 'AVIO_ERR_QUEUE_UNREACHABLE', retryable: true, message: says })
      if (typeof settings.connection === 'string') t.match(error, { message: new URL(server.url).host })
      const { message } = error as Error
      t.notOk(message.includes(server.password) || message.includes('secret'), message)
    })
  }
}

t.test('leaves the errors of others alone', t => {
  const abort = new DOMException('This operation was aborted', 'AbortError')
  const file = Object.assign(new Error('EACCES: open'), { code: 'EACCES', syscall: 'open' })
  const store = new S3Error('AVIO_ERR_ACCESS_DENIED', 'Connection is closed.', { bucket: 'b', key: 'k' })
  for (const error of [abort, file, store, new Error('no'), 'text', undefined]) t.notOk(isOfEngine(error))
  const refused = Object.assign(new AggregateError([new Error('a'), new Error('b')]), {
    ...{ code: 'ECONNREFUSED', syscall: 'connect' },
  })
  t.ok(isOfEngine(refused))
  t.match(unreachable(refused, 'redis://h'), {
    message: /at redis:\/\/h: a; b\. Check the address/,
    cause: refused,
  })
  t.end()
})

t.test('says what to do about what an engine refuses', t => {
  for (const [message, code, remedy] of [
    ['WRONGPASS invalid username-password pair', undefined, /Check the user and the password/],
    ['password authentication failed for user "me"', '28P01', /Check the user and the password/],
    ['database "x" does not exist', '3D000', /Create the database/],
    ['permission denied for database x', '42501', /Grant this user/],
    ['sorry, too many clients already', '53300', /too many connections/],
    ['could not extend file', '53100', /no room/],
    ['LOADING Redis is loading the dataset in memory', undefined, /Try again/],
    ['the database system is starting up', '57P03', /Try again/],
  ] as const)
    t.match(unreachable(Object.assign(new Error(message), { code }), 'h').message, remedy, message)
  t.end()
})

import type { EventEmitter } from 'node:events'
import pg from 'pg'
import t from 'tap'
import { openPostgres } from '../../../lib/engines/bullmq/postgres.js'
import { status } from '../../../lib/engines/bullmq/status.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'

const [, kind] = QUEUE_SERVERS
const skip = kind!.missing

t.test('connects by an address and by options, with BullMQ’s tables in place', { skip }, async t => {
  const { url } = await kind!.start(t)
  for (const connection of [url, { connectionString: url, max: 3 }]) {
    const opened = await openPostgres(connection, 'worker')
    const pool = opened.connection as pg.Pool
    const { rows } = await pool.query<{ path: string; jobs: string }>(
      `SELECT current_setting('search_path') AS path, count(*) AS jobs FROM job`,
    )
    t.same(rows, [{ path: 'bullmq', jobs: '0' }])
    t.equal(pool.options.max, typeof connection === 'string' ? 5 : 3)
    await opened.close()
    t.ok(pool.ended)
  }
})

t.test('uses a pool as it is, and leaves it open', { skip }, async t => {
  const { url } = await kind!.start(t)
  const pool = new pg.Pool({ connectionString: url })
  t.teardown(() => pool.end())
  const opened = await openPostgres(pool, 'caller')
  const errors: Error[] = []
  const { totalCount } = (opened.connection as pg.Pool).on('error', error => errors.push(error))
  t.equal(totalCount, pool.totalCount)
  const broken = new Error('an idle connection broke')
  const emitter: EventEmitter = pool
  emitter.emit('error', broken)
  t.same(errors, [broken])
  await opened.close()
  t.notOk(pool.ended)
  t.equal(pool.listenerCount('error'), 0)
})

t.test('any number of calls leaves no listener on a pool', { skip }, async t => {
  const { url } = await kind!.start(t)
  const first = await openPostgres(url, 'caller')
  await first.close()
  const pool = new pg.Pool({ connectionString: url, options: '-c search_path=bullmq' })
  t.teardown(() => pool.end())
  for (let call = 0; call < 3; call++)
    t.match(await status({ connection: pool, queue: 'avio' }), { queue: 'avio', running: [] })
  t.equal(pool.listenerCount('error'), 0)
  t.notOk(pool.ended)
})

t.test('a wrong password is told at once', { skip }, async t => {
  const { url } = await kind!.start(t)
  await t.rejects(openPostgres(url.replace(/:[^:@]+@/, ':wrong@'), 'caller'), { message: /password/ })
})

import t from 'tap'
import { openQueue, withQueue } from '../../../lib/engines/bullmq/open-queue.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'

for (const { name, missing, start } of QUEUE_SERVERS) {
  t.test(
    `over ${name}, opens a queue for a task, and closes it whatever happens`,
    { skip: missing },
    async t => {
      const { url } = await start(t)
      const settings = { connection: url, queue: 'films' }
      const seen = await withQueue(settings, async ({ queue, engine }) => {
        await queue.add('job', { a: 1 }, { jobId: 'one' })
        return { name: queue.name, data: (await queue.getJob('one'))?.data, engine: engine.engine }
      })
      t.match(seen, { name: 'films', data: { a: 1 }, engine: name === 'Redis' ? 'redis' : 'postgres' })
      let closing = () => false
      const failed = withQueue(settings, async ({ queue }) => {
        closing = () => queue.closing !== undefined
        throw new Error('the task')
      })
      await t.rejects(failed, { message: 'the task' })
      t.ok(closing())
    },
  )

  t.test(`over ${name}, everything of a process shares its connections`, { skip: missing }, async t => {
    const { url } = await start(t)
    const open = await openQueue({ connection: url, queue: 'films' }, 'caller')
    t.teardown(() => open.close())
    await Promise.all(Array.from({ length: 50 }, (_, n) => open.queue.getJobState(`none-${n}`)))
    const clients = await open.queue.getBackend().getClientList()
    const connections = clients
      .join('\n')
      .split('\n')
      .filter(line => line.includes('addr=') || line.includes('name='))
    t.ok(connections.length <= 2, connections.join('\n'))
  })
}

import t from 'tap'
import { type QueueOptions, queueSettings } from '../../../lib/engines/bullmq/queue-options.js'

t.test('has a queue by default, and takes another', async t => {
  t.same(queueSettings({ connection: 'redis://h' }, 'f'), { connection: 'redis://h', queue: 'avio-streams' })
  t.equal(queueSettings({ connection: 'redis://h', queue: 'films.v2_x' }, 'f').queue, 'films.v2_x')
})

t.test('refuses names that BullMQ or a worker’s own name can’t have', async t => {
  for (const queue of ['', 'a:b', 'a b', 'x'.repeat(31), 7]) {
    t.throws(() => queueSettings({ connection: 'redis://h', queue } as QueueOptions, 'f'), {
      code: 'AVIO_ERR_OPTION',
      option: 'queue',
    })
  }
})

t.test('refuses options that the function does not have', async t => {
  const options = { connection: 'redis://h', more: 1 } as QueueOptions
  t.throws(() => queueSettings(options, 'f'), {
    code: 'AVIO_ERR_OPTION',
    option: 'more',
    message: /f has no option "more"/,
  })
  t.doesNotThrow(() => queueSettings(options, 'f', ['more']))
  t.throws(() => queueSettings(undefined as never, 'f'), { code: 'AVIO_ERR_OPTION' })
  t.throws(() => queueSettings({} as never, 'f'), { code: 'AVIO_ERR_OPTION', option: 'connection' })
})

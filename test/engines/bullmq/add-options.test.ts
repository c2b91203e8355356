import t from 'tap'
import { type AddJobOptions, addJobSettings } from '../../../lib/engines/bullmq/add-options.js'

const client = { send: () => undefined, config: {} }
const read = (options: object) =>
  addJobSettings({ connection: 'redis://h', client, ...options } as unknown as AddJobOptions, 'addJob')

t.test('has a default for every option', async t => {
  t.match(read({}), { queue: 'avio-streams', client, queued: { priority: 0, attempts: 3, backoff: 5000 } })
  t.match(read({ priority: 5, attempts: 1, backoff: 1 }), {
    queued: { priority: 5, attempts: 1, backoff: 1 },
  })
})

t.test('refuses invalid ones by name', async t => {
  for (const [option, value] of [
    ...[['priority', -1] as const, ['priority', 1.5] as const, ['priority', 1_000_001] as const],
    ...[['attempts', 0] as const, ['backoff', 0] as const, ['client', 7] as const, ['attempt', 1] as const],
  ]) {
    t.throws(() => read({ [option]: value }), { code: 'AVIO_ERR_OPTION', option })
  }
})

import t from 'tap'
import { listWorkers, slotsOf } from '../../../lib/engines/bullmq/list-workers.js'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { eventually, openFarm } from '../../support/farm.js'

for (const kind of QUEUE_SERVERS) {
  t.test(
    `over ${kind.name}, lists the workers that are alive, with what they can do`,
    { skip: kind.missing },
    async t => {
      const { start, look } = await openFarm(t, kind)
      const open = await look()
      t.same(await listWorkers(open), [])
      const [one] = [await start({ concurrency: 3 }), await start()]
      const workers = await listWorkers(open)
      t.match(
        workers,
        [1, 2].map(() => ({ pid: process.pid, ffmpeg: /^\w/, build: /^[0-9a-f]{8}$/ })),
      )
      t.equal(slotsOf(workers), 4)
      await one.close()
      await eventually(async () => slotsOf(await listWorkers(open)) === 1)
      t.pass('one that is gone is not listed')
    },
  )
}

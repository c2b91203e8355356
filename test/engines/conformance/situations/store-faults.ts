import type { FaultRule } from '../../../../lib/testing/index.js'
import { CHUNKS } from '../film.js'
import { reference } from '../reference.js'
import { type Situation, ended } from '../situation.js'

const OUTAGES: Readonly<Record<string, Pick<FaultRule, never> & object>> = {
  'answers everything with 503': { status: 503, code: 'SlowDown' },
  'breaks every connection': { reset: true },
}

/** The store is gone for so long that steps give up, and then comes back. */
export const STORE_FAULTS: readonly Situation[] = [
  ...Object.entries(OUTAGES).map(([what, action]): Situation => ({
    name: `the store ${what} until steps fail`,
    run: async lab => {
      const workers = await Promise.all([lab.farm.start(), lab.farm.start()])
      const held = lab.hold({ operation: 'PutObject', key: /chunk-00001\/.*\.mp4$/ })
      const { id } = await lab.farm.add(lab.job())
      await held.reached
      lab.s3.fault({ ...action, times: Infinity } as FaultRule)
      held.release()
      await Promise.race(workers.map(worker => worker.hears(({ type }) => type === 'fail')))
      lab.s3.clearFaults()
      const end = await lab.farm.end(id)
      if (end.state === 'failed') await lab.farm.retry()
      ended(lab, await lab.farm.end(id), 'done')
      return { target: [await reference()], commits: [1], encoded: CHUNKS + 4 }
    },
  })),
  {
    name: 'the source is not what it seems',
    run: async lab => {
      await lab.put('in/film.mov', Buffer.from('no film at all, whatever its name says'.repeat(100)))
      await Promise.all([lab.farm.start(), lab.farm.start()])
      const { id } = await lab.farm.add(lab.job())
      const end = await lab.farm.end(id)
      ended(lab, end, 'failed')
      const { code, remedy } = end as { code?: string; remedy: string }
      lab.check(/^AVIO_ERR_/.test(code ?? ''), `the code is ${code}`)
      lab.check(remedy !== '', 'nothing tells what to do')
      const tries = lab.farm.crew.workers.flatMap(({ told }) => told).filter(({ type }) => type === 'start')
      lab.check(tries.length === 1, `it was tried ${tries.length} times`)
      return { target: [undefined], dead: [code!] }
    },
  },
  {
    name: 'a job kills each worker that takes it, and others go on',
    engines: ['redis', 'postgres'],
    run: async lab => {
      const poison = await lab.farm.add(lab.job({ crf: 50, isSplit: false }))
      for (;;) {
        const [worker, end] = [await lab.farm.start(), lab.farm.end(poison.id)]
        const start = worker.hears(({ type, job }) => type === 'start' && job === poison.id)
        const isOver = await Promise.race([start.then(() => false), end.then(() => true)])
        await worker.kill()
        if (isOver) break
      }
      const end = await lab.farm.end(poison.id)
      ended(lab, end, 'failed')
      const deaths = lab.farm.crew.workers.length - 1
      lab.check(deaths >= 5 && deaths <= 8, `it was given up after ${deaths} deaths`)
      await lab.farm.start()
      const { id } = await lab.farm.add(lab.job())
      ended(lab, await lab.farm.end(id), 'done')
      return { target: [await reference()], commits: [1], dead: ['AVIO_ERR_QUEUE_STALLED'] }
    },
  },
]

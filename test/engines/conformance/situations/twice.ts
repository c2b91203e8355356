import { CHUNKS } from '../film.js'
import { reference } from '../reference.js'
import { type Situation, ended } from '../situation.js'

/** Jobs that are added or delivered more often than once. */
export const TWICE: readonly Situation[] = [
  {
    name: 'a job is added five times at once',
    isForAnyStore: true,
    run: async lab => {
      await Promise.all([lab.farm.start(), lab.farm.start()])
      const added = await Promise.all(Array.from({ length: 5 }, () => lab.farm.add(lab.job())))
      lab.check(new Set(added.map(({ id }) => id)).size === 1, 'it has several identities')
      ended(lab, await lab.farm.end(added[0]!.id), 'done')
      const again = await lab.farm.add(lab.job())
      lab.check(!again.isNew, 'it is new after its end')
      ended(lab, await lab.farm.end(again.id), 'done')
      return { target: [await reference()], commits: [1], encoded: CHUNKS }
    },
  },
  {
    name: 'two jobs write one key',
    isForAnyStore: true,
    replaces: true,
    run: async lab => {
      await Promise.all([lab.farm.start(), lab.farm.start()])
      const settings = [{}, { crf: 40 }]
      const added = await Promise.all(settings.map(one => lab.farm.add(lab.job(one))))
      const ends = await Promise.all(added.map(({ id }) => lab.farm.end(id)))
      const done = settings.filter((_, n) => ends[n]!.state === 'done')
      lab.check(done.length > 0, 'neither is done')
      return {
        target: await Promise.all(done.map(one => reference(one))),
        commits: [done.length],
        dead: ends.filter(({ state }) => state === 'failed').map(() => 'AVIO_ERR_PLAN_TARGET_CHANGED'),
        keepsWork: done.length < 2,
      }
    },
  },
]

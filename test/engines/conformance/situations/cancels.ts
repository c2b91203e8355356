import type { FaultMatch } from '../../../../lib/testing/index.js'
import { PLACES } from '../film.js'
import { reference } from '../reference.js'
import type { Situation } from '../situation.js'

const PHASES: Readonly<Record<string, FaultMatch>> = {
  'while it is planned': { operation: 'GetObject', key: PLACES.source },
  'in a chunk': { operation: 'PutObject', key: /chunk-00001\/.*\.mp4$/ },
  'in the audio': { operation: 'PutObject', key: /audio\/.*\.mp4$/ },
  'in the join': { operation: 'GetObject', key: /chunk-00000\/.*\.mp4$/, nth: 2 },
}

/** A job is cancelled, by a process that runs none of it. */
export const CANCELS: readonly Situation[] = [
  {
    name: 'a job is cancelled before a worker takes it',
    isForAnyStore: true,
    run: async lab => {
      const { id } = await lab.farm.add(lab.job())
      await lab.farm.cancel(id)
      const worker = await lab.farm.start()
      const next = await lab.farm.add(lab.job({ crf: 40 }))
      await lab.farm.end(next.id)
      lab.check(!worker.told.some(({ job }) => job === id), 'a worker has taken it')
      return { target: [await reference({ crf: 40 })], commits: [1] }
    },
  },
  ...Object.entries(PHASES).map(([when, at]): Situation => ({
    name: `a job is cancelled ${when}`,
    run: async lab => {
      await Promise.all([lab.farm.start(), lab.farm.start()])
      const held = lab.hold(at)
      const { id } = await lab.farm.add(lab.job())
      await held.reached
      const cancelled = lab.farm.cancel(id)
      cancelled.catch(() => undefined)
      await lab.farm.hears(id)
      // A write is answered even then, because its worker waits for the outcome.
      if (at.operation === 'PutObject') held.release()
      await cancelled
      held.release()
      const { state } = await lab.farm.end(id)
      lab.check(state === 'unknown' || state === 'done', `the job is ${state}`)
      // It may have been done before it heard.
      return { target: [state === 'done' ? await reference() : undefined] }
    },
  })),
  {
    name: 'a job is cancelled, and added again',
    run: async lab => {
      await Promise.all([lab.farm.start(), lab.farm.start()])
      const held = lab.hold({ operation: 'PutObject', key: /chunk-00001\/.*\.mp4$/ })
      const first = await lab.farm.add(lab.job())
      await held.reached
      const cancelled = lab.farm.cancel(first.id)
      cancelled.catch(() => undefined)
      await lab.farm.hears(first.id)
      held.release()
      await cancelled
      const again = await lab.farm.add(lab.job())
      await lab.farm.end(again.id)
      return { target: [await reference()], commits: [1] }
    },
  },
]

import { CHUNKS, PLACES } from '../film.js'
import { secondChunk } from '../lab.js'
import { reference } from '../reference.js'
import { type Situation, ended } from '../situation.js'
import type { FaultMatch } from '../../../../lib/testing/index.js'

/** The call at which a worker is killed, and how much of the work is lost at most. */
const MOMENTS: Readonly<Record<string, { readonly at: FaultMatch; readonly lost: number }>> = {
  'while it plans': { at: { operation: 'GetObject', key: PLACES.source }, lost: 0 },
  'in a chunk': { at: { operation: 'PutObject', key: /chunk-00001\/.*\.mp4$/ }, lost: 1 },
  'before it stores the result of a chunk': {
    at: { operation: 'PutObject', key: /chunk-00001\.json$/ },
    lost: 1,
  },
  'in the audio': { at: { operation: 'PutObject', key: /audio\/.*\.mp4$/ }, lost: 0 },
  'in the join': { at: { operation: 'PutObject', key: PLACES.target }, lost: 0 },
  'while it removes the pieces': { at: { operation: 'DeleteObject', key: /^work\// }, lost: 0 },
}

/** SIGKILL, while another worker lives. */
export const DEATHS: readonly Situation[] = [
  ...Object.entries(MOMENTS).map(([when, { at, lost }]): Situation => ({
    name: `a worker is killed ${when}`,
    run: async lab => {
      const workers = await Promise.all([lab.farm.start(), lab.farm.start()])
      const held = lab.hold(at)
      const { id } = await lab.farm.add(lab.job())
      const call = await held.reached
      // A read does not tell its sender.
      const victim = at.operation === 'GetObject' ? await lab.firstBusy(workers) : lab.senderOf(call, workers)
      await victim.kill()
      held.release()
      ended(lab, await lab.farm.end(id), 'done')
      return { target: [await reference()], commits: [1], encoded: CHUNKS + lost }
    },
  })),
  {
    name: 'a worker is killed as it begins its second chunk',
    engines: ['redis', 'postgres'],
    isForAnyStore: true,
    run: async lab => {
      const victim = await lab.farm.start()
      const { id } = await lab.farm.add(lab.job())
      await secondChunk(victim)
      await victim.kill()
      await lab.farm.start()
      ended(lab, await lab.farm.end(id), 'done')
      return { target: [await reference()], commits: [1], encoded: CHUNKS + 1 }
    },
  },
]

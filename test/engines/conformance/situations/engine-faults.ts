import { CHUNKS } from '../film.js'
import { reference } from '../reference.js'
import { type Situation, ended } from '../situation.js'

const CHUNK = { operation: 'PutObject', key: /chunk-00001\/.*\.mp4$/ } as const

/** What happens to the server of the queue. */
export const ENGINE_FAULTS: readonly Situation[] = [
  {
    name: 'the engine crashes and starts again, in the middle of a chunk and in the join',
    engines: ['redis', 'postgres'],
    hurtsServer: true,
    run: async lab => {
      await Promise.all([lab.farm.start(), lab.farm.start()])
      const [chunk, join] = [lab.hold(CHUNK), lab.holdTarget()]
      const { id } = await lab.farm.add(lab.job())
      await chunk.reached
      await lab.farm.server!.restart()
      chunk.release()
      await join.reached
      await lab.farm.server!.restart()
      join.release()
      ended(lab, await lab.farm.end(id), 'done')
      return { target: [await reference()], commits: [1], encoded: CHUNKS + 1 }
    },
  },
  {
    name: 'the engine loses everything, and the job is added again',
    engines: ['redis', 'postgres'],
    hurtsServer: true,
    run: async lab => {
      await Promise.all([lab.farm.start(), lab.farm.start()])
      const held = lab.hold(CHUNK)
      const first = await lab.farm.add(lab.job())
      await held.reached
      await lab.farm.server!.empty()
      held.release()
      ended(lab, await lab.farm.end(first.id), 'unknown')
      lab.check((await lab.digestOf('out/film.mp4')) === undefined, 'the target was written without its job')
      const again = await lab.farm.add(lab.job())
      lab.check(again.isNew && again.id === first.id, 'it is another job')
      ended(lab, await lab.farm.end(again.id), 'done')
      return { target: [await reference()], commits: [1], encoded: CHUNKS + 2 }
    },
  },
  {
    name: 'the engine is silent for longer than the locks last',
    engines: ['redis', 'postgres'],
    hurtsServer: true,
    run: async lab => {
      const workers = await Promise.all([lab.farm.start(), lab.farm.start()])
      const held = lab.hold(CHUNK)
      const { id } = await lab.farm.add(lab.job())
      const worker = lab.senderOf(await held.reached, workers)
      const from = worker.told.length
      lab.farm.server!.freeze()
      // Its own clock tells it that the lock is lost; it can't tell anybody.
      await lab.farm.outlastsLock()
      held.release()
      lab.farm.server!.thaw()
      await worker.hears(({ type }) => type !== 'error', from)
      ended(lab, await lab.farm.end(id), 'done')
      return { target: [await reference()], commits: [1], encoded: CHUNKS + 2 }
    },
  },
]

import t from 'tap'
import type { BullJob } from '../../../lib/engines/bullmq/open-queue.js'
import { ownProgress, splitProgress } from '../../../lib/engines/bullmq/split-progress.js'

/** A job of 1,000 frames in 10 chunks and the audio, as far as it is looked at. */
function split(children: object[], unprocessed: number, encodeSpeed?: object): BullJob {
  const planned = { pieces: 11, frames: 1000, seconds: 40, framesBefore: 100 }
  return {
    data: { version: 1, planned, job: { split: { ...(encodeSpeed && { encodeSpeed }) } } },
    getChildrenValues: () => Promise.resolve(children),
    getDependenciesCount: () => Promise.resolve({ unprocessed }),
  } as unknown as BullJob
}
const piece = (progress: unknown, data: object = { piece: 1 }) => ({ progress, data }) as unknown as BullJob

t.test('weighs pieces by their frames, with those that run', async t => {
  const job = split([{ frames: 100, ms: 2000 }, { frames: 0, ms: 9 }, { skipped: 'failed' }], 7)
  const running = [
    piece({ frames: 50 }),
    piece(0),
    ...['audio', 'images'].map(one => piece({ frames: 999 }, { piece: one })),
  ]
  t.same(await splitProgress(job, running, 2), {
    ...{ phase: 'encode', percent: 25, pieces: { done: 4, all: 11 } },
    // 750 frames at 50 a second on two workers, and 40 s joined at 400 × speed.
    secondsLeft: 7.6,
  })
})

t.test('has no estimate before the first chunk is done', async t => {
  t.same(await splitProgress(split([], 10), [], 2), {
    phase: 'encode',
    percent: 10,
    pieces: { done: 1, all: 11 },
  })
  const stated = await splitProgress(split([], 10, { chunk: 2, whole: 4 }), [], 2)
  // 36 s at twice real time on two workers, and the join.
  t.equal(stated.secondsLeft, 9.1, 'but that of the speed the job states')
  t.same(await splitProgress({ data: { version: 1 } } as unknown as BullJob, [], 2), {})
})

t.test('tells what a step has stored of its progress', async t => {
  t.same(ownProgress(piece({ phase: 'join', percent: 7, speed: 2 })), { phase: 'join', percent: 7 })
  t.same(ownProgress(piece({ phase: 'encode', eta: 9 })), { phase: 'encode', secondsLeft: 9 })
  t.same(ownProgress(piece(0)), {})
})

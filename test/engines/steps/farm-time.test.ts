import t from 'tap'
import { type FarmWork, percentOf, secondsLeft } from '../../../lib/engines/steps/farm-time.js'

/** 100 s of 25 frames, of which a half is done by chunks of 10 s. */
const work: FarmWork = {
  ...{ frames: 2500, seconds: 100, framesDone: 1250, slots: 2 },
  chunks: [
    { frames: 250, ms: 5000 },
    { frames: 250, ms: 10_000 },
    { frames: 250, ms: 100_000 },
  ],
}

t.test('divides the seconds left by the median speed and the workers, and adds the join', async t => {
  // 50 s left at 1 × speed, on two workers, and 100 s joined at 400 × speed.
  t.equal(secondsLeft(work), 25.25)
  t.equal(secondsLeft({ ...work, slots: 5 }), 10.25)
  t.equal(
    secondsLeft({ ...work, chunks: work.chunks.slice(0, 2) }),
    50 / 1.5 / 2 + 0.25,
    'an even number of chunks',
  )
  t.equal(secondsLeft({ ...work, framesDone: 3000 }), 0.25)
})

t.test('takes the stated speed until a chunk is finished', async t => {
  // 50 s left at half of real time, on two workers.
  t.equal(secondsLeft({ ...work, chunks: [], statedSpeed: 0.5 }), 50.25)
  t.equal(secondsLeft({ ...work, statedSpeed: 0.5 }), secondsLeft(work), 'measured')
  t.equal(secondsLeft({ ...work, chunks: [], statedSpeed: 0.5, slots: 0 }), undefined)
})

t.test('is unknown before the first chunk is done, and without workers', async t => {
  t.equal(secondsLeft({ ...work, chunks: [] }), undefined)
  t.equal(secondsLeft({ ...work, chunks: [{ frames: 250, ms: 0 }] }), undefined)
  t.equal(secondsLeft({ ...work, slots: 0 }), undefined)
})

t.test('the share done counts frames', async t => {
  t.equal(percentOf(work), 50)
  t.equal(percentOf({ frames: 10, framesDone: 20 }), 100)
  t.equal(percentOf({ frames: 0, framesDone: 0 }), 0)
})

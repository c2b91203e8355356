import t from 'tap'
import { type SplitTerms, chunkTime, splitTimes } from '../../../lib/job/grid/split-gain.js'

const TERMS: SplitTerms = {
  seconds: 3600,
  chunks: 60,
  chunkSeconds: 60,
  workers: 20,
  chunkSpeed: 1,
  wholeSpeed: 2,
  startSeconds: 1,
  runUpSeconds: 5,
  decodeSpeed: 5,
  audioSeconds: 60,
  imagesSeconds: 0,
  joinSeconds: 10,
}

t.test('adds up each term', async t => {
  // A chunk takes 62 s. In three rounds, 19 workers encode 57 chunks, and the one with the audio three more after it.
  t.same(splitTimes(TERMS), { wholeSeconds: 1801, splitSeconds: 60 + 3 * 62 + 10 })
  t.equal(chunkTime(TERMS), 62)
  for (const [change, wholeSeconds, splitSeconds] of [
    [{ seconds: 7200 }, 3601, 256],
    [{ chunks: 120 }, 1801, 60 + 6 * 62 + 10],
    [{ chunkSeconds: 30 }, 1801, 4 * 32 + 10],
    [{ workers: 10 }, 1801, 60 + 6 * 62 + 10],
    [{ chunkSpeed: 2 }, 1801, 4 * 32 + 10],
    [{ wholeSpeed: 4 }, 901, 256],
    [{ startSeconds: 2 }, 1802, 60 + 3 * 63 + 10],
    [{ runUpSeconds: 10 }, 1801, 60 + 3 * 63 + 10],
    [{ decodeSpeed: 1 }, 1801, 60 + 3 * 66 + 10],
    [{ audioSeconds: 0 }, 1801, 3 * 62 + 10],
    [{ imagesSeconds: 60 }, 1801, 60 + 3 * 62 + 10],
    [{ imagesSeconds: 300 }, 1801, 310],
    [{ joinSeconds: 20 }, 1801, 266],
  ] as const) {
    const name = JSON.stringify(change)
    t.same(splitTimes({ ...TERMS, ...change }), { wholeSeconds, splitSeconds }, name)
  }
})

t.test('gives the audio a worker of its own where it takes long', async t => {
  // 19 workers take four rounds; the audio takes as long as all of them.
  t.equal(splitTimes({ ...TERMS, audioSeconds: 248 }).splitSeconds, 258)
  t.equal(splitTimes({ ...TERMS, audioSeconds: 500 }).splitSeconds, 510, 'no number of workers shortens it')
})

t.test('is the time of workers that take the audio, the images, and then chunk after chunk', async t => {
  for (const workers of [1, 2, 3, 4, 7, 20]) {
    for (const chunks of [1, 2, 5, 23, 60]) {
      for (const [audioSeconds, imagesSeconds] of [
        ...[[0, 0] as const, [60, 0] as const, [0, 60] as const, [70, 200] as const],
        ...[[1000, 3] as const, [3, 1000] as const, [124, 62] as const],
      ]) {
        const terms = { ...TERMS, workers, chunks, audioSeconds, imagesSeconds, joinSeconds: 0 }
        const free = Array<number>(workers).fill(0)
        for (const step of [audioSeconds, imagesSeconds, ...Array<number>(chunks).fill(chunkTime(terms))]) {
          free.sort((a, b) => a - b)
          free[0]! += step
        }
        t.equal(splitTimes(terms).splitSeconds, Math.max(...free), JSON.stringify(terms))
      }
    }
  }
})

t.test('one worker loses by splitting, whatever the number of chunks', async t => {
  for (const chunks of [1, 2, 60]) {
    const terms = { ...TERMS, workers: 1, chunks, chunkSeconds: 3600 / chunks, wholeSpeed: 1 }
    const { wholeSeconds, splitSeconds } = splitTimes(terms)
    t.equal(splitSeconds, 60 + chunks * chunkTime(terms) + 10)
    t.ok(splitSeconds > wholeSeconds)
  }
})

t.test('more workers than pieces gain nothing more', async t => {
  const { splitSeconds } = splitTimes({ ...TERMS, workers: 61 })
  t.equal(splitSeconds, 72)
  t.equal(splitTimes({ ...TERMS, workers: 10_000 }).splitSeconds, splitSeconds)
})

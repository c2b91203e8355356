import t from 'tap'
import {
  type GridSpec,
  frameClock,
  framesIn,
  gridChunks,
  secondOf,
  seekTime,
  segmentStarts,
} from '../../../lib/job/grid/chunk-grid.js'
import { parseRate } from '../../../lib/job/grid/rational.js'

const FILM = parseRate('24000/1001')!
const PAL = parseRate('25')!

t.test('puts the first frame on the clock, by shifting the source less than half a frame', async t => {
  for (const rate of [FILM, PAL]) {
    const frame = (1e6 * Number(rate.denominator)) / Number(rate.numerator)
    for (let time = -50_000; time < 130_000; time += 977) {
      const { first, shift } = frameClock(time, rate)
      t.ok(Math.abs(shift) <= frame / 2 + 1, `${time}: ${shift}`)
      t.ok(Math.abs(time - shift - first * frame) <= 0.5, `${time} is frame ${first}`)
    }
  }
  t.same(frameClock(0, PAL), { first: 0, shift: 0 })
  t.same(frameClock(21_000, FILM), { first: 1, shift: -20_708 })
})

t.test('cuts at whole GOPs from the first frame on', async t => {
  const cut = (spec: Partial<GridSpec>) =>
    gridChunks({ first: 0, frames: 1000, rate: PAL, gop: 50, chunkSeconds: 10, ...spec })
  t.same(cut({}), [
    { start: 0, end: 250 },
    { start: 250, end: 500 },
    { start: 500, end: 750 },
    { start: 750, end: 1000 },
  ])
  t.same(cut({ first: 7, frames: 300 }), [
    { start: 7, end: 257 },
    { start: 257, end: 307 },
  ])
  t.same(cut({ gop: 96, frames: 600 })[0], { start: 0, end: 288 }, '250 frames are nearest to 3 GOPs')
  t.same(cut({ gop: 400, frames: 900 })[0], { start: 0, end: 400 }, 'a chunk has at least one GOP')
})

t.test('joins a last chunk under one second with the one before it', async t => {
  for (const rate of [FILM, PAL]) {
    const second = secondOf(rate)
    const spec = { first: 3, rate, gop: 12, chunkSeconds: 2 }
    const length = 12 * Math.round(framesIn(2, rate) / 12)
    for (let frames = 1; frames < 5 * length; frames++) {
      const chunks = gridChunks({ ...spec, frames })
      t.equal(chunks[0]!.start, 3)
      t.equal(chunks.at(-1)!.end, frames + 3)
      for (const [n, chunk] of chunks.entries()) {
        if (n > 0) t.equal(chunk.start, chunks[n - 1]!.end)
        const size = chunk.end - chunk.start
        const isLast = n === chunks.length - 1
        t.ok(isLast ? size >= Math.min(second, frames) : size === length, `${frames} frames: ${size}`)
      }
    }
  }
})

t.test('a second has enough whole frames', async t => {
  t.equal(secondOf(FILM), 24)
  t.equal(secondOf(PAL), 25)
})

t.test('seeks before a chunk, and never before the source', async t => {
  t.equal(seekTime(250, { first: 0, shift: 0 }, PAL, 1), 9_000_000n)
  t.equal(seekTime(250, { first: 1, shift: -20_000 }, PAL, 1.5), 8_480_000n)
  t.equal(seekTime(250, { first: 0, shift: 0 }, PAL, 12), 0n)
})

t.test('cuts a package where one run begins a segment, however long the source turns out to be', async t => {
  const differences: string[] = []
  let chunks = 0
  for (const name of ['24000/1001', '25', '30000/1001', '50', '60']) {
    const rate = parseRate(name)!
    for (const keySeconds of [1, 2, 2.002, 4]) {
      for (const targetDuration of [2, 4, 6, 10]) {
        for (const [chunkSeconds, seconds] of [
          [30, 130],
          [60, 187.3],
          [120, 600.01],
        ] as const) {
          const spec = { first: 13, rate, gop: framesIn(keySeconds, rate), targetDuration }
          const frames = framesIn(seconds, rate)
          const grid = gridChunks({ ...spec, frames, chunkSeconds })
          chunks += grid.length
          for (const more of [-secondOf(rate), -3, 0, 5, secondOf(rate)]) {
            const whole = segmentStarts({ ...spec, frames: frames + more })
            const parts = grid.flatMap(({ start, end }, n) =>
              segmentStarts({
                ...{ ...spec, first: start },
                frames: (n === grid.length - 1 ? end + more : end) - start,
              }),
            )
            if (whole.join() !== parts.join())
              differences.push(`${name}, ${keySeconds} s, ${targetDuration} s, ${seconds} s, ${more}`)
          }
        }
      }
    }
  }
  t.same(differences, [])
  t.ok(chunks > 800, `${chunks} chunks`)
})

t.test('chunks of a package are about as long as asked for, the last one not too short', async t => {
  const cut = (spec: Partial<GridSpec>) =>
    gridChunks({ first: 0, frames: 3000, rate: PAL, gop: 50, chunkSeconds: 30, targetDuration: 6, ...spec })
  t.same(
    cut({}).map(({ start }) => start),
    [0, 750, 1500, 2250],
  )
  t.same(
    cut({ chunkSeconds: 32, frames: 2000 }).map(({ start }) => start),
    [0, 750, 1500],
    'whole segments of 6 s',
  )
  t.equal(cut({ frames: 2250 + 74 }).at(-1)!.start, 1500, 'a GOP and a second are uncertain')
  t.equal(cut({ frames: 2250 + 75 }).at(-1)!.start, 2250)
})

import t from 'tap'
import { type SegmentSpan, Segmenter } from '../../lib/hls/segmenter.js'

/** Durations of segments, in seconds, of fragments with these ones; a ! before it says that one can't be cut there. */
function cut(target: number, fragments: (number | `!${number}`)[], { start = 0, shift = 0 } = {}): number[] {
  return spans(target, fragments, { start, shift }).map(({ durationTicks }) => durationTicks / 1000)
}

function spans(
  target: number,
  fragments: (number | `!${number}`)[],
  { start = 0, shift = 0 } = {},
): SegmentSpan[] {
  const segmenter = new Segmenter(target, 1000, shift * 1000)
  let at = start * 1000
  const found: SegmentSpan[] = []
  for (const fragment of fragments) {
    const sync = typeof fragment === 'number'
    const durationTicks = Math.round(Number(sync ? fragment : fragment.slice(1)) * 1000)
    found.push(...segmenter.add(10, { startTicks: at, durationTicks, sampleCount: 5, sync }))
    at += durationTicks
  }
  return [...found, ...segmenter.end()]
}

function repeat<T>(value: T, times: number): T[] {
  return Array.from({ length: times }, () => value)
}

t.test('a segment is cut at every multiple of the target where a key frame is there', async t => {
  t.same(cut(2, [2, 2, 2, 1]), [2, 2, 2, 1])
  t.same(cut(6, repeat(1, 15)), [6, 6, 3])
  t.same(cut(2, [1, '!0.5', '!0.5', 1, 1, 1]), [2, 2, 1], 'never within a group of pictures')
})

t.test('the nearest place is taken, unless the segment would be too long', async t => {
  t.same(cut(2, repeat(0.3, 20)), [2.1, 1.8, 2.1], 'nearest to 2, 4, 6')
  t.same(cut(4, repeat(1.5, 8)), [3, 3, 1.5, 3, 1.5], '4.5 would be rounded to 5')
  t.same(cut(4, repeat(2.002, 4)), [4.004, 4.004], 'what is rounded to the target is not too long')
})

t.test('no rounded duration exceeds the target, as long as key frames come that often', async t => {
  for (const target of [1, 2, 3, 4, 6, 10]) {
    for (let gop = 0.1; gop <= target; gop += 0.13) {
      const durations = cut(target, repeat(gop, Math.ceil(100 / gop)))
      const longest = Math.max(...durations)
      t.ok(Math.round(Number(longest.toFixed(6))) <= target, `target ${target}, gop ${gop}: ${longest}`)
      const least = Math.min(...durations.slice(0, -1))
      t.ok(least >= target / 3, `target ${target}, gop ${gop}: ${least} is no crumb`)
    }
  }
})

t.test('where key frames are too far apart the segment is as long as it has to be', async t => {
  t.same(cut(2, [5, 1, 5, 2]), [5, 1, 5, 2])
})

t.test('cuts follow the clock of presentation, whatever a stream begins with', async t => {
  t.same(cut(2, repeat(1, 6), { start: 101 }), [1, 2, 2, 1], 'at 102, 104, 106')
  t.same(cut(2, repeat(0.1, 40), { shift: -0.02 }), [2, 2], 'sound that begins 20 ms early')
})

t.test('sound in small fragments stays with the clock for hours', async t => {
  const frames = repeat(0.192, 5000)
  let at = 0
  for (const [n, duration] of cut(6, frames).entries()) {
    t.ok(Math.abs(at - n * 6) <= 0.1, `segment ${n + 1} at ${at}`)
    at += duration
  }
})

t.test('a jump in time ends a segment; the next one says how far it was', async t => {
  const segmenter = new Segmenter(4, 1000, 0)
  const fragment = (startTicks: number): SegmentSpan[] =>
    segmenter.add(10, { startTicks, durationTicks: 1000, sampleCount: 5, sync: true })
  t.same([fragment(0), fragment(1000)].flat(), [])
  const [before] = fragment(9000)
  t.match(before, { startTicks: 0, durationTicks: 2000, jumpTicks: 0 })
  t.match(segmenter.end(), [{ startTicks: 9000, durationTicks: 1000, jumpTicks: 7000 }])
  t.same(segmenter.end(), [])
})

t.test('a small gap belongs to the segment before it', async t => {
  const segmenter = new Segmenter(1, 1000, 0)
  segmenter.add(10, { startTicks: 0, durationTicks: 960, sampleCount: 5, sync: true })
  const found = segmenter.add(10, { startTicks: 1000, durationTicks: 1000, sampleCount: 5, sync: true })
  t.match(found, [{ durationTicks: 1000, sampleTicks: 960, jumpTicks: 0 }])
})

t.test('every byte and every sample is in one segment, those of other tracks too', async t => {
  const segmenter = new Segmenter(2, 1000, 0)
  const found = [...segmenter.add(7, undefined)]
  for (let n = 0; n < 5; n++) {
    const part = { startTicks: n * 1000, durationTicks: 1000, sampleCount: 5, sync: true }
    found.push(...segmenter.add(10, part), ...segmenter.add(3, undefined))
  }
  found.push(...segmenter.end())
  t.same(
    found.map(({ byteLength }) => byteLength),
    [33, 26, 13],
  )
  t.same(
    found.map(({ sampleCount }) => sampleCount),
    [10, 10, 5],
  )
  t.equal(found.length, 3)
})

t.test('a place at its aim is cut as soon as it comes', async t => {
  const segmenter = new Segmenter(2, 1000, 0)
  const part = { durationTicks: 2000, sampleCount: 5, sync: true }
  t.same(segmenter.add(1, { ...part, startTicks: 0 }), [])
  t.equal(segmenter.add(1, { ...part, startTicks: 2000 }).length, 1)
})

t.test('nothing is cut of nothing', async t => {
  t.same(new Segmenter(2, 1000, 0).end(), [])
})

import t from 'tap'
import { type SegmentSpan, Segmenter } from '../../../lib/hls/segments/segmenter.js'

/**
 * Durations of the segments, in seconds, that result from fragments of these durations; a leading ! forbids a cut
 * before the fragment.
 */
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

t.test('cuts a segment at every multiple of the target with a key frame', async t => {
  t.same(cut(2, [2, 2, 2, 1]), [2, 2, 2, 1])
  t.same(cut(6, repeat(1, 15)), [6, 6, 3])
  t.same(cut(2, [1, '!0.5', '!0.5', 1, 1, 1]), [2, 2, 1], 'never within a group of pictures')
})

t.test('takes the nearest position, unless the segment would be too long', async t => {
  t.same(cut(2, repeat(0.3, 20)), [2.1, 1.8, 2.1], 'nearest to 2, 4, 6')
  t.same(cut(4, repeat(1.5, 8)), [3, 3, 1.5, 3, 1.5], '4.5 would be rounded to 5')
  t.same(cut(4, repeat(2.002, 4)), [4.004, 4.004], 'a duration that rounds to the target is not too long')
})

t.test('cuts at the same places when times differ by rounding', async t => {
  const [first] = cut(2, [1.8, 0.4, 1.8], { start: -0.0003 })
  t.equal(Math.round(first! * 10), 18, 'the first of two equally near ones')
  t.same(cut(2, [1, 1, 1, 1], { start: 1.0005 }).slice(0, 1), [1], 'half a target away')
  t.same(cut(2, [1.8, 0.79, 1], { shift: -0.2 }).slice(0, 1), [2.39], 'as long as the presented part')
})

t.test('keeps every rounded duration within the target, if key frames come that often', async t => {
  for (const target of [1, 2, 3, 4, 6, 10]) {
    for (let gop = 0.1; gop <= target; gop += 0.13) {
      const durations = cut(target, repeat(gop, Math.ceil(100 / gop)))
      const longest = Math.max(...durations)
      t.ok(Math.round(Number(longest.toFixed(6))) <= target, `target ${target}, gop ${gop}: ${longest}`)
      const least = Math.min(...durations.slice(0, -1))
      t.ok(least >= target / 3, `target ${target}, gop ${gop}: ${least} is not too short`)
    }
  }
})

t.test('makes a segment as long as needed if key frames are too far apart', async t => {
  t.same(cut(2, [5, 1, 5, 2]), [5, 1, 5, 2])
})

t.test('cuts by the presentation clock, wherever a stream begins', async t => {
  t.same(cut(2, repeat(1, 6), { start: 101 }), [1, 2, 2, 1], 'at 102, 104, 106')
  t.same(cut(2, repeat(0.1, 40), { shift: -0.02 }), [1.98, 2], 'audio that begins 20 ms early')
})

t.test('keeps audio in small fragments on the clock for hours', async t => {
  const frames = repeat(0.192, 5000)
  let at = 0
  for (const [n, duration] of cut(6, frames).entries()) {
    t.ok(Math.abs(at - n * 6) <= 0.1, `segment ${n + 1} at ${at}`)
    at += duration
  }
})

t.test('ends a segment at a jump in time, and reports its size with the next one', async t => {
  const segmenter = new Segmenter(4, 1000, 0)
  const fragment = (startTicks: number): SegmentSpan[] =>
    segmenter.add(10, { startTicks, durationTicks: 1000, sampleCount: 5, sync: true })
  t.same([fragment(0), fragment(1000)].flat(), [])
  const [before] = fragment(9000)
  t.match(before, { startTicks: 0, durationTicks: 2000, jumpTicks: 0 })
  t.match(segmenter.end(), [{ startTicks: 9000, durationTicks: 1000, jumpTicks: 7000 }])
  t.same(segmenter.end(), [])
})

t.test('ignores a jump in time to a frame that does not decode by itself', async t => {
  const segmenter = new Segmenter(4, 1000, 0)
  const part = { durationTicks: 1000, sampleCount: 5 }
  t.same(segmenter.add(10, { ...part, startTicks: 0, sync: true }), [])
  t.same(segmenter.add(10, { ...part, startTicks: 9000, sync: false }), [])
  t.match(segmenter.end(), [{ startTicks: 0, durationTicks: 10_000, sampleTicks: 2000, jumpTicks: 0 }])
})

t.test('counts a small gap as part of the previous segment', async t => {
  const segmenter = new Segmenter(1, 1000, 0)
  segmenter.add(10, { startTicks: 0, durationTicks: 960, sampleCount: 5, sync: true })
  const found = segmenter.add(10, { startTicks: 1000, durationTicks: 1000, sampleCount: 5, sync: true })
  t.match(found, [{ durationTicks: 1000, sampleTicks: 960, jumpTicks: 0 }])
})

t.test('puts every byte and every sample into exactly one segment', async t => {
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

t.test('cuts at once at a position that meets its target', async t => {
  const segmenter = new Segmenter(2, 1000, 0)
  const part = { durationTicks: 2000, sampleCount: 5, sync: true }
  t.same(segmenter.add(1, { ...part, startTicks: 0 }), [])
  t.equal(segmenter.add(1, { ...part, startTicks: 2000 }).length, 1)
  const early = new Segmenter(2, 1000, 0)
  t.same(early.add(1, { ...part, startTicks: 0, durationTicks: 1999.5 }), [])
  t.equal(early.add(1, { ...part, startTicks: 1999.5 }).length, 1, 'times are rounded')
})

t.test('makes no segment from nothing', async t => {
  t.same(new Segmenter(2, 1000, 0).end(), [])
})

t.test('joins a short remainder to the previous segment, if that stays within the target', async t => {
  t.same(cut(2, [2, 2, 0.04]), [2, 2.04], 'one frame')
  t.same(cut(2, [2, 2, 0.49]), [2, 2.49])
  t.same(cut(2, [2, 2, 0.5]), [2, 2, 0.5], 'a quarter of the target is worth a segment')
  t.same(cut(2, [1.8, 0.6]), [1.8, 0.6], 'even if there is room')
  t.same(cut(6, [6, 6, 0.5]), [6, 6, 0.5], '6.5 is rounded to 7')
  t.same(cut(6, [6, 5, 1.4]), [6, 6.4], 'a short segment has room for more')
  t.same(cut(2, [2.4, 2.4, 0.08]), [2.4, 2.48])
  t.same(cut(2, [2.4, 2.4, 0.12]), [2.4, 2.4, 0.12])
  t.same(cut(1, [1, 1, 0.04, '!0.04']), [1, 1.08], 'of several fragments')
  t.same(cut(2, [2, 0.2, 0.2]), [2.4], 'with several places to cut at')
  t.same(cut(2, [5, 0.04]), [5.04], 'a segment already longer than the target')
  t.same(cut(2, [0.04]), [0.04], 'no previous segment')
  t.same(cut(2, repeat(0.1, 42), { shift: -0.1 }), [2, 2.1], 'only the presented part counts')
})

t.test('joins the remainder before a jump in time, with all of its bytes and samples', async t => {
  const segmenter = new Segmenter(2, 1000, 0)
  const part = { sampleCount: 5, sync: true }
  t.same(segmenter.add(10, { ...part, startTicks: 0, durationTicks: 2000 }), [])
  t.same(segmenter.add(4, { ...part, startTicks: 2000, durationTicks: 40, sampleCount: 1 }), [])
  t.same(segmenter.add(1, undefined), [])
  const spans = segmenter.add(10, { ...part, startTicks: 9000, durationTicks: 2000 })
  t.same(spans, [
    { startTicks: 0, durationTicks: 2040, byteLength: 15, sampleCount: 6, sampleTicks: 2040, jumpTicks: 0 },
  ])
  t.match(segmenter.end(), [{ startTicks: 9000, jumpTicks: 6960 }])
})

t.test('emits a segment once nothing can be joined to it', async t => {
  const segmenter = new Segmenter(2, 1000, 0)
  const given: number[] = []
  for (let n = 0; n < 40; n++) {
    const part = { startTicks: n * 200, durationTicks: 200, sampleCount: 5, sync: n % 10 === 0 }
    if (segmenter.add(10, part).length > 0) given.push(n)
  }
  t.same(given, [12, 22, 32], 'half a second after its end')
})

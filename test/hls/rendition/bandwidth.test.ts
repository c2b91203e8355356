import t from 'tap'
import { BandwidthMeter } from '../../../lib/hls/rendition/bandwidth.js'

function measured(targetDuration: number, segments: [bytes: number, seconds: number][]): [number, number] {
  const meter = new BandwidthMeter(targetDuration)
  for (const [bytes, seconds] of segments) meter.add(bytes, seconds)
  return [meter.peak, meter.average]
}

t.test('takes the peak from the heaviest segment and the average from all', async t => {
  t.same(
    measured(2, [
      [1000, 2],
      [3000, 2],
      [500, 2],
    ]),
    [12_000, 6000],
  )
})

t.test('counts a segment shorter than half the target only with its neighbours', async t => {
  // 2,000 bytes in 0.1 s alone would be 160 kb/s; with the one before it they are 3,000 bytes in 2.1 s.
  t.same(
    measured(2, [
      [1000, 2],
      [2000, 0.1],
    ]),
    [Math.ceil(24_000 / 2.1), Math.ceil(24_000 / 2.1)],
  )
  t.same(measured(2, [[100, 0.5]]), [1600, 1600], 'the average, if nothing is long enough')
})

t.test('measures sets of up to one and a half targets and no more', async t => {
  const halves: [number, number][] = [
    [10, 1],
    [40, 1],
    [40, 1],
    [10, 1],
  ]
  t.equal(measured(2, halves)[0], 320, 'the heavy pair, or half of it')
  t.equal(measured(1, [...halves, [100, 4]])[0], 320, 'a segment that is longer counts by itself')
})

t.test('keeps a set within bounds despite floating-point sums', async t => {
  t.equal(
    measured(0.6, [
      [0, 0.1],
      [0, 0.1],
      [30, 0.1],
    ])[0],
    800,
    '0.1 + 0.1 + 0.1 is half of 0.6',
  )
})

t.test('measures nothing without segments', async t => {
  t.same(measured(6, []), [0, 0])
})

import t from 'tap'
import { FrameMeter, frameRateFraction } from '../../../lib/hls/presentation/frame-rate.js'

const rateOf = (...segments: [number, number][]): number | undefined => {
  const meter = new FrameMeter(1)
  for (const [frames, seconds] of segments) meter.add(frames, seconds)
  return meter.rate
}

t.test('finds the intended rate, however the times are rounded', async t => {
  for (const [fraction, exact] of [
    [[24_000, 1001], 24_000 / 1001],
    [[24, 1], 24],
    [[25, 1], 25],
    [[30_000, 1001], 30_000 / 1001],
    [[30, 1], 30],
    [[60_000, 1001], 60_000 / 1001],
    [[120, 1], 120],
  ] as const) {
    t.same(frameRateFraction(exact), fraction)
    const frames = Math.round(exact * 2)
    const seconds = frames / exact
    for (const error of [-0.00095, 0.00095]) {
      // Matroska has times in milliseconds: each segment is off by up to one.
      const rounded: [number, number][] = [
        [frames, seconds + error],
        [frames, seconds - error],
      ]
      t.equal(rateOf(...rounded), fraction[0] / fraction[1], `${exact} by ${error}`)
    }
  }
  t.same(frameRateFraction(12.5), [12_500, 1000])
  t.same(frameRateFraction(0.0001), [1, 1000])
})

t.test(
  'takes the highest rate if it varies, and the overall rate if a segment is too short to measure',
  async t => {
    t.equal(rateOf([100, 4], [20, 4]), 25)
    t.equal(rateOf([50, 2], [1, 0.02]), 25, 'a segment of one frame does not count')
    t.equal(rateOf([10, 0.5]), 20)
    t.equal(rateOf(), undefined)
    t.equal(rateOf([1, 0]), undefined)
  },
)

import t from 'tap'
import {
  divideNear,
  formatRate,
  formatSeconds,
  frameAt,
  parseRate,
  timeOf,
} from '../../../lib/job/grid/rational.js'

t.test('reads rates as ffmpeg does', async t => {
  for (const [text, rate] of [
    ['25', '25'],
    ['50/2', '25'],
    ['24000/1001', '24000/1001'],
    ['23.976', '24000/1001'],
    ['29.97', '30000/1001'],
    ['59.94', '60000/1001'],
    ['12.5', '25/2'],
    ['25.0', '25'],
    ['0.5', '1/2'],
    ['ntsc', '30000/1001'],
    ['film', '24'],
  ] as const) {
    t.equal(formatRate(parseRate(text)!), rate, text)
  }
  for (const text of ['', '0', '0/1', '1/0', '-25', '1001', 'fast', '25fps', '1e3', '0.0']) {
    t.equal(parseRate(text), undefined, text)
  }
})

t.test('rounds to the nearest, halves away from zero', async t => {
  for (const [dividend, divisor, quotient] of [
    [7n, 2n, 4n],
    [-7n, 2n, -4n],
    [7n, -2n, -4n],
    [5n, 3n, 2n],
    [4n, 3n, 1n],
    [0n, 9n, 0n],
  ] as const) {
    t.equal(divideNear(dividend, divisor), quotient, `${dividend} / ${divisor}`)
  }
})

t.test('finds the frame of each frame time, for ten hours at each rate', async t => {
  for (const text of ['24000/1001', '25', '30000/1001', '50', '60000/1001', '120', '1', '25/2']) {
    const rate = parseRate(text)!
    const last = 36_000n * (rate.numerator / rate.denominator + 1n)
    const wrong: bigint[] = []
    for (let frame = 0n; frame < last; frame += 997n) {
      if (frameAt(timeOf(frame, rate), rate) !== frame) wrong.push(frame)
    }
    t.same(wrong, [], text)
  }
  t.equal(timeOf(86_314n, parseRate('24000/1001')!), 3_600_013_083n, 'an hour has no rounding error')
  t.equal(frameAt(-41_708n, parseRate('24000/1001')!), -1n)
})

t.test('writes microseconds as seconds', async t => {
  t.equal(formatSeconds(0n), '0.000000')
  t.equal(formatSeconds(12_041_667n), '12.041667')
  t.equal(formatSeconds(-21_000n), '-0.021000')
  t.equal(formatSeconds(360_000_000_001n), '360000.000001')
})

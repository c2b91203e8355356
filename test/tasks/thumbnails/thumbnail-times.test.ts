import t from 'tap'
import { type ThumbnailTimes, thumbnailTimes } from '../../../lib/tasks/thumbnails/thumbnail-times.js'

const times = (options: ThumbnailTimes, duration: number) => {
  const found = thumbnailTimes(options)
  return typeof found === 'function' ? found(duration) : found
}

t.test('copies given times unchanged', async t => {
  const given = [3, 1, 2.5]
  const taken = thumbnailTimes({ times: given })
  given.push(9)
  t.same(taken, [3, 1, 2.5])
})

t.test('spreads a count evenly, each time in the middle of its share', async t => {
  t.same(times({ count: 4 }, 8), [1, 3, 5, 7])
  t.same(times({ count: 1 }, 8), [4])
})

t.test('begins an interval at the start and stops before the end', async t => {
  t.same(times({ every: 2 }, 6), [0, 2, 4])
  t.same(times({ every: 2 }, 6.1), [0, 2, 4, 6])
  t.same(times({ every: 100 }, 6), [0])
  t.throws(() => times({ every: 0.001 }, 11), {
    code: 'AVIO_ERR_OPTION',
    message: /"every" must be at least 0.001/,
  })
})

t.test('requires one valid option of the three', async t => {
  const wrong: [object, RegExp][] = [
    [{}, /^Give exactly one of "times", "every" and "count": none is given$/],
    [{ count: 1, every: 1 }, /: every and count are given$/],
    [{ times: 'now' }, /"times" must be an array of at most 10000 numbers/],
    [{ times: [1, -1] }, /"times" must be an array/],
    [{ times: [NaN] }, /"times" must be an array/],
    [{ times: null }, /"times" must be an array/],
    [{ times: Array.from({ length: 10_001 }, () => 0) }, /"times" must be an array/],
    [{ count: 0 }, /"count" must be an integer from 1 to 10000/],
    [{ every: 0 }, /"every" must be a number of seconds, 0.001 or more, got 0/],
    [{ every: Infinity }, /"every" must be a number/],
  ]
  for (const [options, message] of wrong) {
    t.throws(() => thumbnailTimes(options as ThumbnailTimes), { code: 'AVIO_ERR_OPTION', message })
  }
})

import t from 'tap'
import { FETCH_OPTIONS, fetchOptions } from '../../../lib/io/fetch/fetch-options.js'
import { GiB, MAX_TIMEOUT, MiB } from '../../../lib/options.js'

t.test('has a default for every option', async t => {
  const defaults = { stallTimeout: 30_000, minThroughput: 512, maxAttempts: 8, partSize: 8 * MiB }
  t.same(fetchOptions({}), defaults)
  t.same(fetchOptions({ url: 'https://media.example.com/a.mp4' }), defaults, 'ignores the other options')
  t.same([...FETCH_OPTIONS].sort(), Object.keys(defaults).sort())
})

t.test('takes the limits themselves', async t => {
  const smallest = { stallTimeout: 1, minThroughput: 0, maxAttempts: 1, partSize: 1 }
  t.same(fetchOptions(smallest), smallest)
  const largest = { stallTimeout: MAX_TIMEOUT, minThroughput: GiB, maxAttempts: 100, partSize: 5 * GiB }
  t.same(fetchOptions(largest), largest)
  t.equal(fetchOptions({ stallTimeout: Infinity }).stallTimeout, Infinity)
})

t.test('rejects values outside the limits', async t => {
  const outside: [name: string, value: unknown, rule: RegExp][] = [
    ['stallTimeout', 0, /from 1 to 2147483647 milliseconds, or Infinity, got 0/],
    ['stallTimeout', MAX_TIMEOUT + 1, /got 2147483648/],
    ['minThroughput', -1, /from 0 to 1073741824 bytes a second, got -1/],
    ['minThroughput', GiB + 1, /got 1073741825/],
    ['maxAttempts', 0, /from 1 to 100, got 0/],
    ['maxAttempts', 101, /got 101/],
    ['maxAttempts', Infinity, /got Infinity/],
    ['partSize', 0, /from 1 to 5368709120 bytes, got 0/],
    ['partSize', 5 * GiB + 1, /got 5368709121/],
    ['partSize', null, /got null/],
  ]
  for (const [option, value, message] of outside) {
    t.throws(() => fetchOptions({ [option]: value }), { code: 'AVIO_ERR_OPTION', option, value, message })
  }
})

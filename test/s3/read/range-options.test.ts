import t from 'tap'
import { rangeOptions } from '../../../lib/s3/read/range-options.js'

const KiB = 1024
const MiB = 1024 * KiB
const at = { bucket: 'masters', key: 'talk.mov' }
const options = (more: object) => rangeOptions({ ...at, ...more })

t.test('reads the whole object by default, after a small first request', async t => {
  const { target, rule, highWaterMark, verify, signal } = rangeOptions(at)
  t.match(target, { location: at, partSize: 8 * MiB })
  t.same(rule, {
    start: 0,
    end: Infinity,
    firstSize: 512 * KiB,
    partSize: 8 * MiB,
    concurrency: 6,
    readAhead: 48 * MiB,
  })
  t.same({ highWaterMark, verify, signal }, { highWaterMark: 256 * KiB, verify: 'auto', signal: undefined })
})

t.test('keeps the first request within a part, and the buffer within half of the read-ahead', async t => {
  t.match(options({ partSize: 1000 }).rule, { firstSize: 1000, partSize: 1000 })
  t.equal(options({ readAhead: 5 }).highWaterMark, 2)
  t.equal(options({ readAhead: 5, highWaterMark: 5 }).highWaterMark, 5)
})

t.test('names an option that breaks its rule', async t => {
  const wrong: [string, object, RegExp?][] = [
    ['start', { start: -1 }],
    ['end', { start: 5, end: 5 }, /from 6 to .* bytes, or Infinity, got 5/],
    ['concurrency', { concurrency: 257 }, /from 1 to 256, got 257/],
    ['readAhead', { readAhead: 1 }, /from 2 to/],
    ['highWaterMark', { readAhead: 5, highWaterMark: 6 }, /from 1 to 5 bytes, got 6/],
    ['verify', { verify: 'md5' }, /"auto", "always", "off"/],
    ['signal', { signal: {} }],
    ['partSize', { partSize: 0 }],
    ['conccurrency', { conccurrency: 1 }, /S3RangeReadable has no option "conccurrency"/],
  ]
  for (const [option, more, message = /./] of wrong) {
    t.throws(() => options(more), { code: 'AVIO_ERR_OPTION', option, message }, option)
  }
})

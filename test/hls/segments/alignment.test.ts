import t from 'tap'
import { Alignment } from '../../../lib/hls/segments/alignment.js'

const NOT_ALIGNED = { name: 'HlsError', code: 'AVIO_ERR_HLS_NOT_ALIGNED' }

t.test('compares renditions with the first one, to a tick', async t => {
  const alignment = new Alignment(Infinity)
  alignment.add('a', 1, 0)
  alignment.add('a', 2, 2)
  alignment.add('b', 1, 0)
  alignment.add('b', 2, 2.0001)
  t.throws(() => alignment.add('c', 2, 2.04), {
    ...NOT_ALIGNED,
    rendition: 'c',
    segment: 2,
    message: /segment 2 of "c" starts at 2.040 s, that of "a" at 2.000 s/,
  })
})

t.test('requires the same number of segments, whichever rendition ends first', async t => {
  const alignment = new Alignment(Infinity)
  alignment.add('a', 1, 0)
  alignment.end('a', 1)
  alignment.end('b', 1)
  t.throws(() => alignment.add('c', 2, 2), NOT_ALIGNED)
  t.throws(() => alignment.end('c', 2), NOT_ALIGNED)
  t.throws(() => alignment.end('d', 0), NOT_ALIGNED)
})

t.test('remembers no more than requested', async t => {
  const alignment = new Alignment(2)
  for (const number of [1, 2, 3]) alignment.add('a', number, number)
  t.doesNotThrow(() => alignment.add('b', 1, 99), 'forgotten')
  t.throws(() => alignment.add('b', 3, 99), NOT_ALIGNED)
})

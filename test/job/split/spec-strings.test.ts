import t from 'tap'
import { needed, optional } from '../../../lib/job/split/spec-strings.js'

t.test('takes a string by the last part of its path', async t => {
  t.equal(needed({ key: 'a' }, 'source.key'), 'a')
  t.same(optional({ etag: '"e"' }, 'source.etag'), { etag: '"e"' })
  t.same(optional({}, 'source.etag'), {})
})

t.test('names the path of a missing or wrong one', async t => {
  for (const value of [undefined, '', 1, null])
    t.throws(() => needed({ key: value }, 'source.key'), { code: 'AVIO_ERR_OPTION', option: 'source.key' })
  t.throws(() => optional({ etag: 1 }, 'source.etag'), { code: 'AVIO_ERR_OPTION', option: 'source.etag' })
})

import t from 'tap'
import { clockArguments } from '../../../lib/job/split/source-clock.js'

t.test('shifts a source to its start, and a microsecond more', async t => {
  t.same(clockArguments(0), ['-itsoffset', '0.000001'])
  t.same(clockArguments(3_601_400_000), ['-itsoffset', '-3601.399999'])
  t.same(clockArguments(-21_000), ['-itsoffset', '0.021001'])
})

t.test('leaves the cut at a seek to the filters', async t => {
  t.same(clockArguments(0, 2_500_000n).slice(2), ['-noaccurate_seek', '-ss', '2.500000'])
})

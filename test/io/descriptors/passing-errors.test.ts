import t from 'tap'
import { isPassing } from '../../../lib/io/descriptors/passing-errors.js'

t.test('tells a machine that has run short from a path that is wrong', async t => {
  for (const code of ['ENOSPC', 'EMFILE', 'EIO']) t.equal(isPassing(code), true, code)
  for (const code of ['ENOENT', 'EACCES', 'EISDIR', '']) t.equal(isPassing(code), false, code)
})

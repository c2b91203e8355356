import t from 'tap'
import { isTransient } from '../../../lib/io/async/transient-errors.js'

t.test('distinguishes exhausted resources from a wrong path', async t => {
  for (const code of ['ENOSPC', 'EMFILE', 'EIO']) t.equal(isTransient(code), true, code)
  for (const code of ['ENOENT', 'EACCES', 'EISDIR', '']) t.equal(isTransient(code), false, code)
})

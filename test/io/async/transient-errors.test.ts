import t from 'tap'
import { isTransient, isTransientStatus, retryAfterOf } from '../../../lib/io/async/transient-errors.js'

t.test('distinguishes exhausted resources from a wrong path', async t => {
  for (const code of ['ENOSPC', 'EMFILE', 'EIO']) t.equal(isTransient(code), true, code)
  for (const code of ['ENOENT', 'EACCES', 'EISDIR', '']) t.equal(isTransient(code), false, code)
})

t.test('repeats a request only after a status that may pass', async t => {
  for (const status of [408, 429, 500, 502, 503, 504, 529])
    t.equal(isTransientStatus(status), true, String(status))
  for (const status of [304, 400, 403, 404, 412, 416, 501, 505])
    t.equal(isTransientStatus(status), false, String(status))
})

t.test('takes a plausible number of seconds from Retry-After', async t => {
  for (const [header, wait] of [
    ['3', 3000],
    ['0.5', 500],
    ['300', 300_000],
    ['301', undefined],
    ['0', undefined],
    ['-1', undefined],
    ['', undefined],
    ['soon', undefined],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
    [undefined, undefined],
  ] as const)
    t.equal(retryAfterOf(header), wait, String(header))
})

import t from 'tap'
import { fileFailure } from '../../../lib/io/sources/file-errors.js'

t.test('maps system errors to three codes, and keeps the cause', async t => {
  for (const [errno, code, retryable = false] of [
    ['ENOENT', 'AVIO_ERR_SOURCE_NOT_FOUND'],
    ['EACCES', 'AVIO_ERR_SOURCE_DENIED'],
    ['EPERM', 'AVIO_ERR_SOURCE_DENIED'],
    ['EIO', 'AVIO_ERR_SOURCE_READ', true],
    ['EISDIR', 'AVIO_ERR_SOURCE_READ'],
    [undefined, 'AVIO_ERR_SOURCE_READ'],
  ] as const) {
    const cause = Object.assign(new Error('it would not'), { code: errno })
    const error = fileFailure(cause, 'a/b', 7)
    t.match(error, {
      code,
      source: 'a/b',
      byteOffset: 7,
      retryable,
      message: /^Cannot read a\/b: it would not\./,
    })
    t.equal(error.cause, cause)
  }
})

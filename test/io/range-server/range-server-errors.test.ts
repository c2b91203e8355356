import t from 'tap'
import { notServed, unservable } from '../../../lib/io/range-server/range-server-errors.js'

t.test('names a URL that is not served, however long', t => {
  const error = notServed(`http://example.com/${'x'.repeat(10_000)}`)
  t.match(error, { code: 'AVIO_ERR_PROTOCOL_REFUSED', message: /^ffmpeg requested http:\/\/example\.com\/x/ })
  t.ok(error.message.length < 500)
  t.end()
})

t.test('reports a remedy when no descriptors are left', t => {
  const used = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' })
  t.match(unservable(used), { code: 'AVIO_ERR_DESCRIPTORS', cause: used, message: /ulimit -n/ })
  const other = Object.assign(new Error('listen EADDRNOTAVAIL'), { code: 'EADDRNOTAVAIL' })
  t.match(unservable(other), { code: 'AVIO_ERR_INPUT_UNREACHABLE', cause: other, message: /loopback/ })
  t.end()
})

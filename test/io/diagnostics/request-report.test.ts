import t from 'tap'
import { RequestReport } from '../../../lib/io/diagnostics/request-report.js'
import { httpSubject } from '../../../lib/io/sources/http-diagnostics.js'
import { listen } from '../../support/diagnostics.js'

const OK = { statusCode: 206, requestId: undefined, errorCode: undefined }

t.test('is not made without a subscriber', async t => {
  t.equal(RequestReport.begin(1), undefined)
  listen(t)
  t.type(RequestReport.begin(1), RequestReport)
})

t.test('has the same fields in the same order, whatever is known', async t => {
  const { request } = listen(t)
  RequestReport.begin(1)!.end(httpSubject('http://host/a', 0), 'aborted', { ...OK, statusCode: undefined }, 0)
  const second = RequestReport.begin(2)!
  second.answered()
  second.bytesSent = 5
  second.end(httpSubject('http://host/a', 7), 'ok', OK, 3)
  t.same(Object.keys(request[0]!), Object.keys(request[1]!))
  t.match(request[0], { attempt: 1, outcome: 'aborted', firstByteMs: undefined, bytesSent: 0 })
  t.match(request[1], { attempt: 2, outcome: 'ok', statusCode: 206, bytesSent: 5, bytesReceived: 3 })
  const { firstByteMs, durationMs } = request[1]!
  t.ok(firstByteMs! >= 0 && firstByteMs! <= durationMs)
})

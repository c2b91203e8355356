import { runInNewContext } from 'node:vm'
import t from 'tap'
import { AvioError, assignKnown, isError } from '../../lib/errors/avio-error.js'

t.test('has a code, a message, a cause, and the name of its class', async t => {
  class OwnError extends AvioError {}
  const cause = new Error('no')
  const error = new OwnError('AVIO_ERR_READ_FAILED', 'm', { cause })
  t.match(error, { name: 'OwnError', code: 'AVIO_ERR_READ_FAILED', message: 'm', cause, retryable: true })
  t.equal(new AvioError('AVIO_ERR_READ_FAILED', 'm', { retryable: false }).retryable, false)
})

t.test('joins sentences with one full stop after each', async t => {
  for (const [given, told] of [
    [
      'Could not store it: Access Denied.. Check the policy',
      'Could not store it: Access Denied. Check the policy',
    ],
    ['It says "no.".. Again..', 'It says "no.". Again.'],
    ['(HTTP 403)..', '(HTTP 403).'],
    ['Is it there?. Look', 'Is it there? Look'],
    ['Fetching … and so on... Then', 'Fetching … and so on... Then'],
    ['Cannot read /films/..: a folder', 'Cannot read /films/..: a folder'],
    ['Cannot read ../a..b', 'Cannot read ../a..b'],
    ['Bytes 1..2 of it.', 'Bytes 1..2 of it.'],
  ] as const) {
    t.equal(new AvioError('AVIO_ERR_OPTION', given).message, told)
  }
})

t.test('accepts a cause of another realm', async t => {
  const cause: unknown = runInNewContext("Object.assign(new TypeError('theirs'), { code: 'E_THEIRS' })")
  t.notOk(cause instanceof Error)
  const { cause: shown } = new AvioError('AVIO_ERR_OPTION', 'm', { cause }).toJSON()
  t.strictSame(shown, { name: 'TypeError', message: 'theirs', code: 'E_THEIRS', retryable: undefined })
})

t.test('toJSON() ends a chain of causes after eight', async t => {
  const circle = new Error('a')
  circle.cause = circle
  let json = new AvioError('AVIO_ERR_OPTION', 'm', { cause: circle }).toJSON()
  let causes = 0
  for (; json.cause; json = json.cause) causes++
  t.equal(causes, 8)
  t.equal(json.message, 'a')
})

t.test('recognizes an error by its message', async t => {
  t.ok(isError(new TypeError('x')))
  t.ok(isError(runInNewContext("new Error('theirs')")))
  for (const value of ['x', null, undefined, {}, { message: 7 }]) t.notOk(isError(value))
})

t.test('assignKnown() sets only known fields, read-only', async t => {
  const error = new AvioError('AVIO_ERR_OPTION', 'm')
  assignKnown(error, { key: 'k', bucket: undefined })
  t.same(Object.getOwnPropertyDescriptor(error, 'key'), {
    value: 'k',
    enumerable: true,
    writable: false,
    configurable: false,
  })
  t.notOk(Object.hasOwn(error, 'bucket'))
})

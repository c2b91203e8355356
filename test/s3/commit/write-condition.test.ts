import t from 'tap'
import { conditionFailure, objectExists } from '../../../lib/s3/commit/write-condition.js'

const at = { bucket: 'web', key: 'a b' }

t.test('tells whether a target meets a condition', t => {
  for (const [condition, etag, message] of [
    [{}, '"e"'],
    [{ ifNoneMatch: '*' }, undefined],
    [{ ifMatch: '"e"' }, '"e"'],
    [{ ifMatch: 'e' }, '"e"'],
    [{ ifMatch: '"e"' }, 'e'],
    [{ ifNoneMatch: '*' }, '"e"', /^s3:\/\/web\/a b exists, with the ETag "e", .* \(ifNoneMatch: \*\)\./],
    [
      { ifMatch: '"e"' },
      '"f"',
      /^s3:\/\/web\/a b has the ETag "f", and only "e" may be replaced \(ifMatch\)\./,
    ],
    [{ ifMatch: '"e"' }, undefined, /^s3:\/\/web\/a b does not exist, and only "e" may be replaced/],
  ] as [Parameters<typeof conditionFailure>[0], string | undefined, RegExp?][]) {
    const failure = conditionFailure(condition, at, etag)
    const name = `${JSON.stringify(condition)} ${etag}`
    if (message === undefined) t.equal(failure, undefined, name)
    else t.match(failure, { code: 'AVIO_ERR_PRECONDITION_FAILED', ...at, retryable: false, message }, name)
  }
  t.match(objectExists(at, '"e"'), conditionFailure({ ifNoneMatch: '*' }, at, '"e"'))
  t.end()
})

import t from 'tap'
import {
  checkCopyConditions,
  checkReadConditions,
  checkWriteConditions,
  matchesEtag,
} from '../../../lib/testing/operations/conditions.js'

const lastModified = new Date('2024-05-01T12:00:00.750Z')
const object = { etag: '"abc"', lastModified }
const same = lastModified.toUTCString()
const earlier = new Date(lastModified.getTime() - 2000).toUTCString()
const later = new Date(lastModified.getTime() + 2000).toUTCString()

function read(headers: Record<string, string>): number {
  try {
    checkReadConditions(headers, object)
    return 200
  } catch (error) {
    return (error as { status: number }).status
  }
}

t.test('matches entity tags with and without quotes, in lists, and by an asterisk', async t => {
  for (const list of ['"abc"', 'abc', 'W/"abc"', '"x", "abc"', '*', ' "abc" '])
    t.ok(matchesEtag(list, '"abc"'), list)
  for (const list of ['"abcd"', '"x"', '', '"ab"']) t.notOk(matchesEtag(list, '"abc"'), list)
})

t.test('returns the object, not modified, or precondition failed for a read', async t => {
  const table: [Record<string, string>, number][] = [
    [{}, 200],
    [{ 'if-match': '"abc"' }, 200],
    [{ 'if-match': '"x"' }, 412],
    [{ 'if-none-match': '"abc"' }, 304],
    [{ 'if-none-match': '"x"' }, 200],
    [{ 'if-modified-since': same }, 304],
    [{ 'if-modified-since': later }, 304],
    [{ 'if-modified-since': earlier }, 200],
    [{ 'if-unmodified-since': same }, 200],
    [{ 'if-unmodified-since': later }, 200],
    [{ 'if-unmodified-since': earlier }, 412],
    [{ 'if-modified-since': 'never' }, 200],
    [{ 'if-unmodified-since': 'never' }, 200],
    // The tag takes precedence over the date.
    [{ 'if-match': '"abc"', 'if-unmodified-since': earlier }, 200],
    [{ 'if-none-match': '"x"', 'if-modified-since': later }, 200],
    [{ 'if-none-match': '"abc"', 'if-modified-since': earlier }, 304],
    // A failed precondition takes precedence over not modified.
    [{ 'if-match': '"x"', 'if-none-match': '"abc"' }, 412],
  ]
  for (const [headers, status] of table) t.equal(read(headers), status, JSON.stringify(headers))
})

t.test('includes the object’s validators in not modified', async t => {
  t.throws(() => checkReadConditions({ 'if-none-match': '*' }, object), {
    code: 'NotModified',
    headers: { etag: '"abc"', 'last-modified': same },
  })
})

t.test('responds with 412 to every failed condition on the source of a copy', async t => {
  const copy = (name: string, value: string) =>
    checkCopyConditions({ [`x-amz-copy-source-${name}`]: value }, object)
  copy('if-match', '"abc"')
  copy('if-none-match', '"x"')
  for (const [name, value] of [
    ['if-match', '"x"'],
    ['if-none-match', '"abc"'],
    ['if-modified-since', later],
    ['if-unmodified-since', earlier],
  ] as const) {
    t.throws(() => copy(name, value), { code: 'PreconditionFailed', status: 412 }, name)
  }
  checkCopyConditions({ 'if-match': '"x"' }, object)
})

t.test('lets a write require no object, or a given one', async t => {
  checkWriteConditions({}, object)
  checkWriteConditions({ 'if-none-match': '*' }, undefined)
  checkWriteConditions({ 'if-match': '"abc"' }, object)
  const failed = (condition: string) => ({ code: 'PreconditionFailed', fields: { Condition: condition } })
  t.throws(() => checkWriteConditions({ 'if-none-match': '*' }, object), failed('If-None-Match'))
  t.throws(() => checkWriteConditions({ 'if-match': '"x"' }, object), failed('If-Match'))
  t.throws(() => checkWriteConditions({ 'if-match': '"abc"' }, undefined), { code: 'NoSuchKey', status: 404 })
  t.throws(() => checkWriteConditions({ 'if-none-match': '"abc"' }, undefined), { code: 'NotImplemented' })
})

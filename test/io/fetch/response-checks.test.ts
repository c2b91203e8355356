import t from 'tap'
import {
  changedMessage,
  etagChange,
  isSure,
  isWeak,
  otherVersion,
  otherVersionMessage,
  rangeFault,
  sizeChange,
  timeChange,
  unusableMessage,
} from '../../../lib/io/fetch/response-checks.js'

t.test('ignores the weak prefix and quotes when comparing ETags', t => {
  for (const found of ['"a"', 'W/"a"', 'a']) t.equal(etagChange('"a"', found), undefined, found)
  t.equal(etagChange('"a"', '"b"'), 'its ETag was "a" and is now "b"')
  t.equal(etagChange('"a"', undefined), 'its ETag was "a" and is now none')
  t.equal(etagChange(undefined, '"a"'), 'its ETag was none and is now "a"')
  t.equal(etagChange(undefined, undefined), undefined)
  t.end()
})

t.test('trusts only a strong ETag to mean the same bytes', t => {
  t.same(['"a"', 'a', 'W/"a"', undefined].map(isSure), [true, true, false, false])
  t.same(['"a"', 'W/"a"'].map(isWeak), [false, true])
  t.end()
})

t.test('detects a change by size and modification time', t => {
  t.equal(sizeChange(5, 5), undefined)
  t.equal(sizeChange(5, 6), 'it had 5 bytes and now has 6')
  t.equal(timeChange(5, 5), undefined)
  t.equal(timeChange<number | string>('Mon', undefined), 'it was modified')
  t.end()
})

t.test('rejects a range with another start or past the requested end', t => {
  const asked = { start: 10, end: 20 }
  for (const end of [11, 19, 20]) {
    t.equal(rangeFault({ start: 10, end }, asked, end - 10), undefined)
    t.equal(rangeFault({ start: 10, end }, asked, undefined), undefined)
  }
  const faults = [
    [{ start: 9, end: 20 }, 'sent bytes 9–19, but 10–19 were requested'],
    [{ start: 11, end: 20 }, 'sent bytes 11–19, but 10–19 were requested'],
    [{ start: 10, end: 21 }, 'sent bytes 10–20, but 10–19 were requested'],
  ] as const
  for (const [sent, fault] of faults) t.equal(rangeFault(sent, asked, undefined), fault)
  t.equal(rangeFault(asked, asked, 11), 'announced 11 bytes for a range of 10')
  t.end()
})

t.test('names the object in messages', t => {
  t.match(changedMessage('s3://b/k', 'it is gone'), /^s3:\/\/b\/k changed while it was read: it is gone\. /)
  t.match(unusableMessage('s3://b/k', 'sent too much'), /^The server of s3:\/\/b\/k sent too much\. /)
  t.end()
})

t.test('compares a requested ETag with that of the first response', async t => {
  t.equal(otherVersion(undefined, '"a"'), undefined)
  t.equal(otherVersion('"a"', 'W/"a"'), undefined)
  t.equal(otherVersion('a', '"a"'), undefined)
  t.equal(otherVersion('"a"', '"b"'), 'its ETag is "b"')
  t.equal(otherVersion('"a"', undefined), 'it has no ETag')
  t.match(
    otherVersionMessage('s3://b/k', '"a"', 'it is gone'),
    /^s3:\/\/b\/k is no longer .* "a": it is gone\. Plan/,
  )
})

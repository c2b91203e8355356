import t from 'tap'
import { type AnswerHead, badResponse, objectChanged, VersionPin } from '../../../lib/s3/read/version-pin.js'

const location = { bucket: 'b', key: 'k' }
const modified = new Date('2026-01-02T03:04:05Z')

/** A response with bytes `start` to `end` of `size`. */
const partial = (start: number, end: number, size: number, more: Partial<AnswerHead> = {}): AnswerHead => ({
  ContentRange: `bytes ${start}-${end - 1}/${size}`,
  ContentLength: end - start,
  ETag: '"one"',
  LastModified: modified,
  $metadata: { httpStatusCode: 206 },
  ...more,
})
/** A response with the whole object, as to a request without a range. */
const whole = (size: number, more: Partial<AnswerHead> = {}): AnswerHead => {
  const $metadata = { httpStatusCode: 200 }
  return { ...partial(0, size, size), ContentRange: undefined, $metadata, ...more }
}
const pin = (versionId?: string) => new VersionPin(location, versionId)

t.test('describes the object after the first response', async t => {
  const one = pin()
  t.equal(one.info, undefined)
  t.same(one.preconditions, {})
  const range = one.accept(
    partial(0, 10, 100, { VersionId: 'v1', ContentType: 'video/mp4', Metadata: { by: 'me' } }),
    { start: 0, end: 10 },
    1,
  )
  t.match(range, { start: 0, end: 10 })
  t.same(one.info, {
    ...location,
    size: 100,
    etag: '"one"',
    versionId: 'v1',
    contentType: 'video/mp4',
    lastModified: modified,
    metadata: { by: 'me' },
  })
  t.same(one.preconditions, { IfMatch: '"one"', VersionId: 'v1' })
})

t.test('accepts a range trimmed at the end of the object', async t => {
  t.match(pin().accept(partial(90, 100, 100), { start: 90, end: 5000 }, 1), { start: 90, end: 100 })
})

t.test('accepts a whole object in response to a range that covers it', async t => {
  for (const size of [10, 9, 1, 0]) {
    t.match(pin().accept(whole(size), { start: 0, end: 10 }, 1), { start: 0, end: size })
  }
})

t.test('rejects a 200 without any validator: an error page, a login page', async t => {
  const nothing = { ETag: undefined, LastModified: undefined }
  const asked = { start: 0, end: 1000 }
  t.throws(() => pin().accept(whole(300, nothing), asked, 1), {
    code: 'AVIO_ERR_BAD_RESPONSE',
    message: /sent 200 without an ETag or a Last-Modified/,
  })
  for (const answer of [
    whole(300, { ETag: undefined }),
    whole(300, { LastModified: undefined }),
    whole(0, nothing),
    whole(300, { ...nothing, $metadata: undefined }),
    partial(0, 300, 300, nothing),
  ]) {
    t.match(pin().accept(answer, asked, 1), { start: 0 })
  }
})

t.test('accepts every way in which servers report an empty object', async t => {
  for (const header of [undefined, 'bytes */0', 'bytes 0--1/0']) {
    const one = pin()
    const answer = { ...whole(0), ...(header && { ContentRange: header }) }
    t.match(one.accept(answer, { start: 0, end: 10 }, 1), { start: 0, end: 0 })
    t.equal(one.info?.size, 0)
  }
})

t.test('rejects a response with bytes other than requested, and pins nothing', async t => {
  const asked = { start: 10, end: 20 }
  const answers: Record<string, AnswerHead> = {
    'another start': partial(11, 20, 100),
    'more than requested': partial(10, 21, 100),
    nothing: partial(10, 10, 100),
    'the whole object: the Range header was ignored': whole(100),
    'no Content-Range': partial(10, 20, 100, { ContentRange: undefined }),
    garbage: partial(10, 20, 100, { ContentRange: 'bytes ten-twenty/100' }),
    'no size': partial(10, 20, 100, { ContentRange: 'bytes 10-19/*' }),
    'a length that differs from the range': partial(10, 20, 100, { ContentLength: 11 }),
    'neither range nor length': whole(100, { ContentLength: undefined }),
  }
  for (const [name, answer] of Object.entries(answers)) {
    const one = pin()
    t.throws(
      () => one.accept(answer, asked, 3),
      {
        code: 'AVIO_ERR_BAD_RESPONSE',
        bucket: 'b',
        key: 'k',
        byteOffset: 10,
        attempts: 3,
        operation: 'GetObject',
      },
      name,
    )
    t.equal(one.info, undefined, name)
  }
  t.throws(() => pin().accept(whole(100), asked, 1), { message: /ignores the Range header/ })
})

t.test('reports a response of another version as a change', async t => {
  const changes: Record<string, Partial<AnswerHead>> = {
    'another ETag': { ETag: '"two"' },
    'another, weak ETag': { ETag: 'W/"two"' },
    'a missing ETag': { ETag: undefined },
    'another size': { ContentRange: 'bytes 10-19/101' },
  }
  for (const [name, change] of Object.entries(changes)) {
    const one = pin()
    one.accept(partial(0, 10, 100), { start: 0, end: 10 }, 1)
    t.throws(
      () => one.accept(partial(10, 20, 100, change), { start: 10, end: 20 }, 1),
      { code: 'AVIO_ERR_OBJECT_CHANGED', byteOffset: 10 },
      name,
    )
    t.equal(one.info?.etag, '"one"', 'the pin stays')
  }
})

t.test('never sends a weak ETag as a condition, but compares it, and the modification time', async t => {
  for (const ETag of ['W/"one"', undefined]) {
    const one = pin()
    one.accept(partial(0, 10, 100, { ETag }), { start: 0, end: 10 }, 1)
    t.same(one.preconditions, {})
    t.doesNotThrow(() => one.accept(partial(10, 20, 100, { ETag }), { start: 10, end: 20 }, 1))
    const LastModified = new Date(modified.getTime() + 1000)
    t.throws(() => one.accept(partial(10, 20, 100, { ETag, LastModified }), { start: 10, end: 20 }, 1), {
      code: 'AVIO_ERR_OBJECT_CHANGED',
    })
    t.throws(() => one.accept(partial(10, 20, 100, { ETag: 'W/"two"' }), { start: 10, end: 20 }, 1), {
      code: 'AVIO_ERR_OBJECT_CHANGED',
    })
  }
})

t.test('ignores a modification time that varies between servers, with a strong ETag', async t => {
  const one = pin()
  one.accept(partial(0, 10, 100), { start: 0, end: 10 }, 1)
  const LastModified = new Date(modified.getTime() + 1000)
  t.doesNotThrow(() => one.accept(partial(10, 20, 100, { LastModified }), { start: 10, end: 20 }, 1))
})

t.test('keeps the requested version, and can forget a discovered one', async t => {
  const asked = pin('v7')
  t.same(asked.preconditions, { VersionId: 'v7' })
  asked.accept(partial(0, 10, 100, { VersionId: 'v7' }), { start: 0, end: 10 }, 1)
  t.notOk(asked.forgetVersion(asked.preconditions))
  t.equal(asked.versionId, 'v7')

  const found = pin()
  found.accept(partial(0, 10, 100, { VersionId: 'v1' }), { start: 0, end: 10 }, 1)
  t.notOk(found.forgetVersion({}), 'not for a request without the version')
  const sent = found.preconditions
  t.ok(found.forgetVersion(sent))
  t.ok(found.forgetVersion(sent), 'also for a second request in flight')
  t.same(found.preconditions, { IfMatch: '"one"' })
  t.equal(found.info?.versionId, 'v1', 'info keeps the version')
})

t.test('pins nothing by the version "null"', async t => {
  const one = pin()
  one.accept(partial(0, 10, 100, { VersionId: 'null' }), { start: 0, end: 10 }, 1)
  t.same(one.preconditions, { IfMatch: '"one"' })
})

t.test('names the object in errors, and keeps their cause', async t => {
  const cause = new Error('412')
  t.match(objectChanged('it is gone', location, cause), {
    message:
      's3://b/k changed while it was read: it is gone. The bytes read so far are from the old version. Start over.',
    cause,
  })
  t.match(badResponse('sent nonsense', location), { message: /^The server of s3:\/\/b\/k sent nonsense\./ })
})

t.test('accepts the first of the requested bytes, as far as they go', async t => {
  for (const end of [11, 12, 19]) {
    t.match(pin().accept(partial(10, end, 100), { start: 10, end: 20 }, 1), { start: 10, end })
  }
})

t.test('accepts an ETag that is weakened or loses its quotes', async t => {
  const asked = { start: 0, end: 10 }
  const spellings = ['"one"', 'W/"one"', 'one']
  for (const first of spellings) {
    for (const later of spellings) {
      const one = pin()
      one.accept(partial(0, 10, 100, { ETag: first }), asked, 1)
      one.accept(partial(0, 10, 100, { ETag: later }), asked, 1)
      t.same(one.preconditions, first === '"one"' ? { IfMatch: '"one"' } : {}, `${first}, then ${later}`)
      t.throws(() => one.accept(partial(0, 10, 100, { ETag: later.replace('one', 'two') }), asked, 1), {
        code: 'AVIO_ERR_OBJECT_CHANGED',
      })
    }
  }
})

t.test('treats a response without $metadata, from a client stand-in, as a success', async t => {
  const bare = whole(7, { $metadata: undefined })
  t.match(pin().accept(bare, { start: 0, end: 10 }, 1), { start: 0, end: 7 })
  const ranged = partial(0, 10, 100, { $metadata: undefined })
  t.match(pin().accept(ranged, { start: 0, end: 10 }, 1), { start: 0, end: 10 })
})

t.test('doubts only a first 200 of exactly the requested length without a range', async t => {
  const asked = { start: 0, end: 10 }
  t.equal(pin().isDoubtful(whole(10), asked), true)
  t.equal(pin().isDoubtful(whole(9), asked), false)
  t.equal(pin().isDoubtful(partial(0, 10, 100), asked), false)
  t.equal(pin().isDoubtful(whole(10, { $metadata: undefined }), asked), false)
  const known = pin()
  known.accept(partial(0, 10, 10), asked, 1)
  t.equal(known.isDoubtful(whole(10), asked), false)
})

t.test('pins a requested ETag before the first response', async t => {
  const asked = { start: 0, end: 10 }
  const one = new VersionPin(location, undefined, '"one"')
  t.same(one.preconditions, { IfMatch: '"one"' })
  t.equal(one.isPinned, true)
  t.match(one.accept(partial(0, 10, 100), asked, 1), asked)
  for (const etag of ['W/"one"', 'one']) {
    const pinned = new VersionPin(location, undefined, etag)
    t.same(pinned.preconditions, {}, `${etag} is not a valid condition in HTTP, so it is only compared`)
    t.match(pinned.accept(partial(0, 10, 100), asked, 1), asked)
  }
  for (const ETag of ['"two"', undefined]) {
    const other = new VersionPin(location, undefined, '"one"')
    t.throws(() => other.accept(partial(0, 10, 100, { ETag }), asked, 1), {
      code: 'AVIO_ERR_OBJECT_CHANGED',
      retryable: false,
    })
    t.equal(other.info, undefined, 'nothing is pinned')
  }
  t.match(pin().changed('x', location), { code: 'AVIO_ERR_OBJECT_CHANGED', retryable: true })
})

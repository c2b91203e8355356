import { S3Client } from '@aws-sdk/client-s3'
import t, { type Test } from 'tap'
import type { S3Error } from '../../../lib/errors.js'
import { RangeBuffer } from '../../../lib/io/fetch/range-buffer.js'
import type { GetTarget } from '../../../lib/s3/read/get-range.js'
import { PinnedRanges, unsatisfiable } from '../../../lib/s3/read/pinned-ranges.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { type FakeAnswer, type FakeRequest, fakeStore, partialHeaders } from '../../support/fake-store.js'

const content = Buffer.from('0123456789abcdefghij')

function target(client: S3Client, more: Partial<GetTarget> = {}): GetTarget {
  const location = { bucket: 'bucket', key: 'k' }
  return {
    client,
    location,
    versionId: undefined,
    request: {},
    stallTimeout: 1000,
    minThroughput: 0,
    maxAttempts: 4,
    ...more,
  }
}

/** Fetches a range; resolves with its bytes, or with the error and the bytes before it. */
async function fetch(get: PinnedRanges, start: number, end: number) {
  const into = new RangeBuffer({ start, end })
  const { signal } = new AbortController()
  const error = await get
    .fill(into, signal, () => undefined)
    .then(
      () => undefined,
      (error: unknown) => error as S3Error,
    )
  return { error, bytes: into.take()?.toString() ?? '', end: into.end }
}

async function local(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['bucket'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('bucket', 'k', content, { contentType: 'video/mp4', metadata: { by: 'me' } })
  return { s3, client, ranges: () => s3.calls.map(call => call.range ?? 'whole') }
}

/** A store that serves ranges of `content`, unless `answer` returns another response. */
function odd(answer: (request: FakeRequest, nth: number) => FakeAnswer | undefined) {
  const requests: FakeRequest[] = []
  const client = fakeStore(request => {
    requests.push(request)
    const other = answer(request, requests.length)
    if (other) return other
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers['range']!)!
    const end = Math.min(Number(to) + 1, content.length)
    const headers = partialHeaders(Number(from), end, content.length)
    return { status: 206, headers, body: content.toString('latin1', Number(from), end) }
  })
  return { client, requests, ranges: () => requests.map(request => request.headers['range'] ?? 'whole') }
}

t.test('sends one request per range; later ones carry the ETag of the first', async t => {
  const { s3, client } = await local(t)
  const get = new PinnedRanges(target(client))
  t.match(await fetch(get, 0, 5), { error: undefined, bytes: '01234' })
  t.match(get.info, { size: 20, contentType: 'video/mp4', metadata: { by: 'me' } })
  t.match(await fetch(get, 5, 7), { error: undefined, bytes: '56' })
  t.same(
    s3.calls.map(call => [call.range, call.headers['if-match']]),
    [
      ['bytes=0-4', undefined],
      ['bytes=5-6', get.info?.etag],
    ],
  )
})

t.test('trims a range that reaches past the end', async t => {
  const { client } = await local(t)
  t.match(await fetch(new PinnedRanges(target(client)), 15, 100), { bytes: 'fghij', end: 20 })
})

t.test('resumes at the byte where the response broke', async t => {
  const faults = [
    [{ reset: true }, ['bytes=0-9', 'bytes=0-9']],
    [{ shortBody: 0 }, ['bytes=0-9', 'bytes=0-9']],
    [{ shortBody: 4 }, ['bytes=0-9', 'bytes=4-9']],
    [{ stall: true }, ['bytes=0-9', 'bytes=0-9']],
    [{ stall: 9 }, ['bytes=0-9', 'bytes=9-9']],
    [{ status: 500 }, ['bytes=0-9', 'bytes=0-9']],
    [{ status: 503, code: 'SlowDown' }, ['bytes=0-9', 'bytes=0-9']],
    [{ status: 429 }, ['bytes=0-9', 'bytes=0-9']],
  ] as const
  for (const [fault, ranges] of faults) {
    const one = await local(t)
    one.s3.fault({ operation: 'GetObject', ...fault })
    const get = new PinnedRanges(target(one.client, { stallTimeout: 1000 }))
    t.match(await fetch(get, 0, 10), { error: undefined, bytes: '0123456789' }, JSON.stringify(fault))
    t.same(one.ranges(), ranges, JSON.stringify(fault))
  }
})

t.test('counts several breaks in one range together, each resumed at its byte', async t => {
  const { s3, client, ranges } = await local(t)
  s3.fault({ operation: 'GetObject', times: Infinity, shortBody: 3 })
  const { error, bytes } = await fetch(new PinnedRanges(target(client)), 2, 20)
  t.same(ranges(), ['bytes=2-19', 'bytes=5-19', 'bytes=8-19', 'bytes=11-19'])
  t.equal(bytes, content.toString('latin1', 2, 14), 'received bytes are kept')
  t.match(error, {
    code: 'AVIO_ERR_READ_FAILED',
    bucket: 'bucket',
    key: 'k',
    operation: 'GetObject',
    byteOffset: 14,
    attempts: 4,
    cause: { message: /./ },
    message: /^Cannot read from byte 14 of s3:\/\/bucket\/k after 4 of 4 attempts: /,
  })
})

t.test('makes one attempt with maxAttempts of 1', async t => {
  const { s3, client, ranges } = await local(t)
  s3.fault({ operation: 'GetObject', status: 500 })
  const { error } = await fetch(new PinnedRanges(target(client, { maxAttempts: 1 })), 0, 5)
  t.match(error, { code: 'AVIO_ERR_READ_FAILED', statusCode: 500, attempts: 1 })
  t.same(ranges(), ['bytes=0-4'])
})

t.test('throws a permanent error at once, with its own code', async t => {
  const { s3, client, ranges } = await local(t)
  await s3.put('bucket', 'cold', content, { storageClass: 'GLACIER' })
  const at = (more: Partial<GetTarget>) => fetch(new PinnedRanges(target(client, more)), 0, 5)
  const errors = {
    AVIO_ERR_NO_SUCH_KEY: await at({ location: { bucket: 'bucket', key: 'other' } }),
    AVIO_ERR_NO_SUCH_BUCKET: await at({ location: { bucket: 'elsewhere', key: 'k' } }),
    AVIO_ERR_OBJECT_ARCHIVED: await at({ location: { bucket: 'bucket', key: 'cold' } }),
  }
  for (const [code, { error }] of Object.entries(errors)) t.match(error, { code, attempts: 1, byteOffset: 0 })
  t.equal(ranges().length, 3)
  const config = s3.clientConfig()
  const strangers = {
    AVIO_ERR_CREDENTIALS: { ...config, credentials: { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'x' } },
    AVIO_ERR_WRONG_REGION: { ...config, region: 'eu-west-1' },
  }
  for (const [code, other] of Object.entries(strangers)) {
    const stranger = new S3Client(other)
    t.match(await fetch(new PinnedRanges(target(stranger)), 0, 5), { error: { code, attempts: 1 } })
    stranger.destroy()
  }
  s3.fault({ operation: 'GetObject', status: 403, code: 'AccessDenied' })
  t.match(await at({}), { error: { code: 'AVIO_ERR_ACCESS_DENIED', attempts: 1, s3Code: 'AccessDenied' } })
})

t.test('tries an unreachable endpoint a few times, and names it', async t => {
  const s3 = await LocalS3.start()
  const config = s3.clientConfig()
  await s3.close()
  const client = new S3Client(config)
  t.teardown(() => client.destroy())
  const { error } = await fetch(new PinnedRanges(target(client)), 0, 5)
  t.match(error, {
    code: 'AVIO_ERR_UNREACHABLE',
    attempts: 4,
    s3Code: 'ECONNREFUSED',
    cause: { code: 'ECONNREFUSED' },
  })
})

t.test('rejects an object that changes during the read', async t => {
  const changes = [{ changed: 'other bytes, as it happens' }, { before: 'delete' }] as const
  for (const change of changes) {
    const { s3, client, ranges } = await local(t)
    const get = new PinnedRanges(target(client))
    await fetch(get, 0, 5)
    if ('changed' in change) s3.fault({ operation: 'GetObject', ...change })
    else s3.delete('bucket', 'k')
    const { error, bytes } = await fetch(get, 5, 10)
    t.match(error, { code: 'AVIO_ERR_OBJECT_CHANGED', byteOffset: 5, attempts: 1, cause: { name: /./ } })
    t.equal(bytes, '')
    t.same(ranges(), ['bytes=0-4', 'bytes=5-9'])
  }
})

t.test('detects a change between two attempts of one range on the second', async t => {
  const { s3, client, ranges } = await local(t)
  s3.fault({ operation: 'GetObject', shortBody: 3 })
  s3.fault({ operation: 'GetObject', nth: 2, changed: 'x'.repeat(20) })
  const { error, bytes } = await fetch(new PinnedRanges(target(client)), 0, 10)
  t.match(error, { code: 'AVIO_ERR_OBJECT_CHANGED', byteOffset: 3, attempts: 2 })
  t.equal(bytes, '012')
  t.same(ranges(), ['bytes=0-9', 'bytes=3-9'])
})

t.test('detects a server that ignores If-Match by the ETag of its response', async t => {
  const { client } = odd((_request, nth) =>
    nth === 2 ? { status: 206, headers: partialHeaders(5, 10, 20, '"two"'), body: 'XXXXX' } : undefined,
  )
  const get = new PinnedRanges(target(client))
  await fetch(get, 0, 5)
  t.match(await fetch(get, 5, 10), { bytes: '', error: { code: 'AVIO_ERR_OBJECT_CHANGED' } })
})

t.test('rejects a response that does not match the request at once, and uses none of it', async t => {
  const answers: Record<string, FakeAnswer> = {
    'other bytes': { status: 206, headers: partialHeaders(6, 11, 20), body: '6789a' },
    'the whole object': {
      status: 200,
      headers: { 'content-length': '20', etag: '"one"' },
      body: content.toString(),
    },
    'no range': { status: 206, headers: { 'content-length': '5', etag: '"one"' }, body: '56789' },
  }
  for (const [name, answer] of Object.entries(answers)) {
    const { client, ranges } = odd(() => answer)
    const { error, bytes } = await fetch(new PinnedRanges(target(client)), 5, 10)
    t.match(error, { code: 'AVIO_ERR_BAD_RESPONSE', byteOffset: 5, attempts: 1 }, name)
    t.equal(bytes, '', name)
    t.equal(ranges().length, 1, name)
  }
})

t.test('rejects a body longer than its range', async t => {
  const { client, ranges } = odd(() => ({ status: 206, headers: partialHeaders(0, 5, 20), body: '0123456' }))
  t.match(await fetch(new PinnedRanges(target(client)), 0, 5), {
    bytes: '01234',
    error: { code: 'AVIO_ERR_BAD_RESPONSE', message: /more than bytes 0–4/ },
  })
  t.equal(ranges().length, 1)
})

t.test('accepts a server without range support for an object that one request covers', async t => {
  const { client } = odd(() => ({
    status: 200,
    headers: { 'content-length': '20', etag: '"one"' },
    body: content.toString(),
  }))
  t.match(await fetch(new PinnedRanges(target(client)), 0, 50), {
    error: undefined,
    bytes: content.toString(),
    end: 20,
  })
})

t.test('requests an empty object as a whole, without a range', async t => {
  const { s3, client, ranges } = await local(t)
  await s3.put('bucket', 'k', '', { contentType: 'text/plain' })
  const get = new PinnedRanges(target(client))
  t.match(await fetch(get, 0, 5), { error: undefined, bytes: '', end: 0 })
  t.match(get.info, { size: 0, contentType: 'text/plain', etag: /"/ })
  t.same(ranges(), ['bytes=0-4', 'whole'])
})

t.test('reads an object from the beginning if it was filled between the two requests', async t => {
  const { s3, client, ranges } = await local(t)
  await s3.put('bucket', 'k', '')
  s3.fault({ operation: 'GetObject', nth: 2, changed: content })
  t.match(await fetch(new PinnedRanges(target(client)), 0, 5), { error: undefined, bytes: '01234' })
  t.same(ranges(), ['bytes=0-4', 'whole', 'bytes=0-4'])
})

t.test('names the size when reading past the end', async t => {
  const { client } = await local(t)
  t.match(await fetch(new PinnedRanges(target(client)), 20, 30), {
    error: {
      code: 'AVIO_ERR_RANGE_NOT_SATISFIABLE',
      statusCode: 416,
      byteOffset: 20,
      message: /^Cannot read byte 20 of s3:\/\/bucket\/k: it has 20 bytes\./,
    },
  })
  t.match(unsatisfiable(7, undefined, { bucket: 'b', key: 'k' }), { message: /it is shorter than that/ })
})

t.test('requests the discovered version from then on, and survives a new one', async t => {
  const { s3, client } = await local(t)
  s3.setVersioning('bucket', 'Enabled')
  await s3.put('bucket', 'k', content)
  const get = new PinnedRanges(target(client))
  await fetch(get, 0, 5)
  await s3.put('bucket', 'k', 'something new')
  t.match(await fetch(get, 5, 10), { error: undefined, bytes: '56789' })
  t.same(
    s3.calls.map(call => call.versionId),
    [undefined, get.info?.versionId],
  )
  t.match(await fetch(new PinnedRanges(target(client, { versionId: get.info!.versionId })), 0, 5), {
    bytes: '01234',
  })
  t.equal(s3.calls[2]?.versionId, get.info?.versionId, 'a given version is in the first request')
})

t.test('continues by ETag if reading by version id is forbidden', async t => {
  const { s3, client } = await local(t)
  s3.setVersioning('bucket', 'Enabled')
  await s3.put('bucket', 'k', content)
  s3.fault({ when: call => call.versionId !== undefined, times: Infinity, status: 403, code: 'AccessDenied' })
  const get = new PinnedRanges(target(client, { maxAttempts: 1 }))
  await fetch(get, 0, 5)
  t.match(await fetch(get, 5, 10), { error: undefined, bytes: '56789' })
  t.match(await fetch(get, 10, 12), { error: undefined, bytes: 'ab' })
  const { etag, versionId } = get.info!
  t.same(
    s3.calls.map(call => [call.range, call.versionId, call.headers['if-match']]),
    [
      ['bytes=0-4', undefined, undefined],
      ['bytes=5-9', versionId, etag],
      ['bytes=5-9', undefined, etag],
      ['bytes=10-11', undefined, etag],
    ],
  )
  const asked = new PinnedRanges(target(client, { versionId }))
  t.match(
    await fetch(asked, 0, 5),
    { error: { code: 'AVIO_ERR_ACCESS_DENIED' } },
    'a versionId given by the user is kept',
  )
})

t.test('sends the rest of the input with every request', async t => {
  const { s3, client } = await local(t)
  const request = { ExpectedBucketOwner: '123456789012', RequestPayer: 'requester' } as const
  const get = new PinnedRanges(target(client, { request }))
  await fetch(get, 0, 5)
  await fetch(get, 5, 10)
  for (const { headers } of s3.calls) {
    t.match(headers, { 'x-amz-expected-bucket-owner': '123456789012', 'x-amz-request-payer': 'requester' })
  }
})

t.test('waits as long as the server requests', async t => {
  const { s3, client } = await local(t)
  s3.fault({ operation: 'GetObject', status: 503, code: 'SlowDown', retryAfter: 1 })
  await fetch(new PinnedRanges(target(client)), 0, 5)
  const [first, second] = s3.calls
  t.ok(second!.startedAt - first!.startedAt >= 950, 'one second')
})

t.test('ends a wait between two attempts on abort', async t => {
  const { s3, client } = await local(t)
  s3.fault({ operation: 'GetObject', times: Infinity, status: 503, retryAfter: 20 })
  const abort = new AbortController()
  const into = new RangeBuffer({ start: 0, end: 5 })
  const filling = new PinnedRanges(target(client)).fill(into, abort.signal, () => undefined)
  while (s3.calls[0]?.endedAt === undefined) await new Promise<void>(resolve => setImmediate(resolve))
  abort.abort()
  await t.rejects(filling, { name: 'AbortError' })
  t.equal(s3.calls.length, 1)
})

t.test('fails the read with the caller’s error from the first response', async t => {
  const { client } = await local(t)
  const into = new RangeBuffer({ start: 0, end: 5 })
  const no = unsatisfiable(100, 20, { bucket: 'bucket', key: 'k' })
  const { signal } = new AbortController()
  const filling = new PinnedRanges(target(client)).fill(into, signal, () => {
    throw no
  })
  t.equal(await filling.catch((error: unknown) => error), no)
})

/** A store that responds with `odd(start, exclusive end)`, and logs the ranges. */
function counted(odd: (start: number, end: number) => FakeAnswer) {
  const log: string[] = []
  const client = fakeStore(request => {
    const range = request.headers['range'] ?? 'whole'
    log.push(range)
    const [, start, last] = /bytes=(\d+)-(\d+)/.exec(range)!
    return odd(Number(start), Math.min(Number(last) + 1, content.length))
  })
  return { get: new PinnedRanges(target(client)), log }
}

t.test('continues after a shorter 206 where it ended, without counting an attempt', async t => {
  const { get, log } = counted((start, end) => {
    const upTo = Math.min(end, start + 2)
    const headers = partialHeaders(start, upTo, content.length)
    return { status: 206, headers, body: content.subarray(start, upTo).toString() }
  })
  t.match(await fetch(get, 0, 10), { error: undefined, bytes: '0123456789' })
  t.same(log, ['bytes=0-9', 'bytes=2-9', 'bytes=4-9', 'bytes=6-9', 'bytes=8-9'])
})

t.test('rejects a shorter 206 with more bytes than it announced', async t => {
  const { get } = counted(() => {
    const headers = { 'content-range': `bytes 0-3/${content.length}`, etag: '"one"' }
    return { status: 206, headers, body: '0123456789' }
  })
  t.match(await fetch(get, 0, 10), { error: { code: 'AVIO_ERR_BAD_RESPONSE' }, bytes: '0123' })
})

t.test('checks for bytes after a 200 of exactly the requested length', async t => {
  const bare = (start: number, end: number): FakeAnswer => ({
    status: 200,
    headers: { 'content-length': String(end - start), etag: '"one"' },
    body: content.subarray(start, end).toString(),
  })
  const whole = bare(0, content.length)
  const beyond = (headers: Record<string, string> = {}): FakeAnswer => ({ status: 416, headers })
  const cases: [string, (start: number, end: number) => FakeAnswer, object, string[]][] = [
    [
      'a range without Content-Range',
      bare,
      {
        error: { code: 'AVIO_ERR_BAD_RESPONSE', byteOffset: 0, message: /although the object is longer/ },
        bytes: '',
      },
      ['bytes=0-9', 'bytes=10-10'],
    ],
    [
      'a Content-Range that is missing at times',
      (start, end) =>
        start === 0 ? bare(start, end) : { status: 206, headers: partialHeaders(10, 11, 20), body: 'a' },
      { error: { code: 'AVIO_ERR_BAD_RESPONSE' }, bytes: '' },
      ['bytes=0-9', 'bytes=10-10'],
    ],
  ]
  for (const [name, odd, expected, log] of cases) {
    const one = counted(odd)
    t.match(await fetch(one.get, 0, 10), expected, name)
    t.same(one.log, log, name)
    t.equal(one.get.info, undefined, name)
  }
  for (const [name, odd] of Object.entries({
    'a server without range support': () => whole,
    'a server that rejects ranges past the end': (start: number) => (start === 0 ? whole : beyond()),
    'a server that rejects them with the size': (start: number) =>
      start === 0 ? whole : beyond({ 'content-range': 'bytes */20' }),
  })) {
    const one = counted(odd)
    t.match(await fetch(one.get, 0, 20), { error: undefined, bytes: content.toString() }, name)
    t.same(one.log, ['bytes=0-19', 'bytes=20-20', 'bytes=0-19'], name)
    t.equal(one.get.info?.size, 20, name)
  }
})

t.test('accepts a 200 shorter than the request as the whole object, without a check', async t => {
  const one = counted(() => ({
    status: 200,
    headers: { 'content-length': '20', etag: '"one"' },
    body: content.toString(),
  }))
  t.match(await fetch(one.get, 0, 100), { error: undefined, bytes: content.toString() })
  t.same(one.log, ['bytes=0-99'])
})

t.test('names the remedy if a range carries the whole object’s checksum', async t => {
  const { get } = counted((start, end) => ({
    status: 206,
    headers: { ...partialHeaders(start, end, content.length), 'x-amz-checksum-crc32': 'AAAAAA==' },
    body: content.subarray(start, end).toString(),
  }))
  t.match((await fetch(get, 0, 10)).error, {
    code: 'AVIO_ERR_CHECKSUM_MISMATCH',
    message: /responseChecksumValidation: 'WHEN_REQUIRED'/,
  })
})

import type { Fault, Stage, Strike } from './fault.js'

const FORBIDDEN = { status: 403, code: 'AccessDenied' }
const part: Strike = { operation: 'UploadPart', of: 'target' }
const refusedPart = { strike: { ...part, nth: 2, times: Infinity }, action: FORBIDDEN }
const LAST = /(?:3\.mp4|main\.m3u8)$/

/** The places in the talk with the store. */
export const STORE_STAGES: readonly Stage[] = [
  read('get-first', 'the first read', {}),
  read('get-later', 'a later read', { nth: 2 }),
  read('get-last', 'the read of the end', { atEnd: true }),
  read('get-every', 'every read', { times: Infinity }),
  write('head', 'the request for the checksum', { operation: 'HeadObject', of: 'source' }),
  write('create', 'the beginning of an upload', { operation: 'CreateMultipartUpload', of: 'target' }),
  write('part-first', 'the first part', part),
  write('part-last', 'the last part', { ...part, nth: 2 }),
  write('complete', 'the commit of an upload', { operation: 'CompleteMultipartUpload', of: 'target' }),
  write('abort', 'the end of an upload that failed', {
    operation: 'AbortMultipartUpload',
    of: 'target',
    after: refusedPart,
  }),
  write('list-parts', 'the look at what an abort has left', {
    operation: 'ListParts',
    of: 'target',
    after: refusedPart,
  }),
  write('put', 'the first object in one request', { operation: 'PutObject', of: 'target' }),
  write('put-last', 'the last one', { operation: 'PutObject', of: 'target', key: LAST }),
  write('delete', 'the removal of what a failed run stored', {
    operation: 'DeleteObject',
    of: 'target',
    after: {
      strike: { operation: 'PutObject', of: 'target', nth: 3, times: Infinity },
      action: FORBIDDEN,
    },
  }),
]

function read(name: string, title: string, more: Partial<Strike>): Stage {
  return { name, title, kind: 'read', strike: { operation: 'GetObject', of: 'source', ...more } }
}

function write(name: string, title: string, strike: Strike): Stage {
  return { name, title, kind: 'write', strike }
}

const READS = STORE_STAGES.filter(stage => stage.kind === 'read').map(stage => stage.name)
const WRITES = STORE_STAGES.filter(stage => stage.kind === 'write').map(stage => stage.name)
const ALL = [...READS, ...WRITES]
const COMMITS = ['complete', 'put', 'put-last']
const BODIES = ['part-first', 'part-last', 'put', 'put-last']

/** How far into the body of a read it breaks, in bytes. */
export const WITHIN_BODY = 3000

const fault = (
  stages: readonly string[],
  name: string,
  title: string,
  rule: object,
  more: Partial<Fault> = {},
): Fault => ({ name, title, stages, rule, ...more })

const front = (
  stages: readonly string[],
  name: string,
  title: string,
  action: NonNullable<Fault['front']>,
  more: Partial<Fault> = {},
): Fault => ({ name, title, stages, front: action, ...more })

const again = { recovers: true } as const
const still = { stalls: true } as const

/** What stores, and what stands before them, do. */
export const STORE_FAULTS: readonly Fault[] = [
  fault(ALL, 'reset', 'reset before the answer', { reset: true }, again),
  fault(READS, 'reset-after-headers', 'reset behind the headers', { reset: 0 }, again),
  fault(READS, 'reset-mid-body', 'reset within the body', { reset: WITHIN_BODY }, again),
  fault(READS, 'short-body', 'a body that ends early', { shortBody: WITHIN_BODY }, again),
  fault(ALL, 'stall', 'silence in place of an answer', { stall: true }, still),
  fault(READS, 'stall-mid-body', 'silence within the body', { stall: WITHIN_BODY }, still),
  fault(READS, 'drip', 'a few bytes a second', { slow: { bytesPerSecond: 4 } }, still),
  fault(ALL, 'late', 'an answer that is late', { slow: { ttfb: 200 } }, again),
  fault(ALL, '500', '500 InternalError', { status: 500 }, again),
  fault(ALL, '503', '503 SlowDown', { status: 503, code: 'SlowDown' }, again),
  fault(ALL, '503-retry-after', '503 with Retry-After', { status: 503, retryAfter: 1 }, again),
  fault(ALL, '429', '429', { status: 429, code: 'TooManyRequests' }, again),
  fault(ALL, 'request-timeout', '400 RequestTimeout', { status: 400, code: 'RequestTimeout' }, again),
  fault(ALL, 'expired', '403 of credentials that expired', { status: 403, code: 'ExpiredToken' }),
  fault(ALL, 'denied', '403 AccessDenied', FORBIDDEN),
  fault(ALL, 'gone', '404', { status: 404 }),
  fault(ALL, 'precondition', '412', { status: 412, code: 'PreconditionFailed' }),
  fault(ALL, 'region', '301 to another region', { status: 301, code: 'PermanentRedirect' }),
  fault(ALL, 'skewed', '403 of a clock that is off', { status: 403, code: 'RequestTimeTooSkewed' }),
  fault(['get-later', 'get-last'], 'changed', 'another object under the key', { changed: 'another' }),
  fault(READS, 'content-range', 'another range than asked for', {
    answerHeaders: { 'content-range': 'bytes 7-99/100' },
  }),
  fault(READS, 'etag-other', 'another ETag', {
    answerHeaders: { etag: '"0123456789abcdef0123456789abcdef"' },
  }),
  fault(READS, 'etag-none', 'no ETag', { answerHeaders: { etag: undefined } }),
  fault(READS, 'etag-weak', 'the ETag of a proxy', { answerHeaders: { etag: 'W/"0123456789abcdef"' } }),
  fault(READS, 'flipped', 'a byte that was flipped on the way', { corrupt: 1000 }),
  fault(ALL, 'error-in-200', '200 with an error as its body', { errorIn200: 'InternalError' }),
  fault(WRITES, 'answer-lost', 'done, and the answer lost', { reset: true, performed: true }, again),
  fault(WRITES, 'answer-stalls', 'done, and silence', { stall: true, performed: true }, still),
  fault(WRITES, 'done-500', 'done, and 500', { status: 500, performed: true }, again),
  // Something in between that repeats a Complete is told so by the store; a PutObject that is repeated is done again.
  fault(['complete'], 'done-404', 'done, and 404', { status: 404, performed: true }),
  fault(['complete'], 'done-412', 'done, and 412', {
    status: 412,
    code: 'PreconditionFailed',
    performed: true,
  }),
  fault(COMMITS, 'no-etag', '200 without an ETag', { answerHeaders: { etag: undefined } }),
  fault(['part-first', 'part-last'], 'part-etag', 'another ETag of a part', {
    answerHeaders: { etag: '"0123456789abcdef0123456789abcdef"' },
  }),
  fault(BODIES, 'reset-request', 'reset while the body goes out', { resetRequest: 200 }, again),
  fault(BODIES, 'stall-request', 'the body is not taken', { stallRequest: 200 }, still),
  front(READS, 'whole-200', '200 and the whole object', 'whole-200'),
  front(READS, 'range-200', '200 and just the range', 'range-200'),
  front(READS, 'longer', 'more bytes than asked for', 'longer'),
  front(READS, 'shorter-206', 'a shorter range', 'shorter-206'),
  front(READS, 'gzip', 'a body in gzip', 'gzip'),
  front(READS, 'chunked', 'chunked coding', 'chunked', again),
  front(ALL, 'login-page', 'a login page with 200', 'login-page'),
  front(ALL, 'twice', 'an answer that comes twice', 'twice'),
  front(ALL, 'garbage', 'an answer that is not HTTP', 'garbage'),
]

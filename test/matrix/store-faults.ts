import type { Fault, Stage, Strike } from './fault.js'

const FORBIDDEN = { status: 403, code: 'AccessDenied' }
const part: Strike = { operation: 'UploadPart', of: 'target' }
const refusedPart = { strike: { ...part, nth: 2, times: Infinity }, action: FORBIDDEN }
const LAST = /(?:3\.mp4|manifest\.mpd)$/
/** The claim of a named run comes first, and is shorter than what is cut off. */
const NO_CLAIM = /^(?!.*\.claim$)/

/** The places in the conversation with the store. */
export const STORE_STAGES: readonly Stage[] = [
  read('get-first', 'the first read', {}),
  read('get-later', 'a later read', { nth: 2 }),
  read('get-last', 'the last read', { atEnd: true }),
  read('get-every', 'every read', { times: Infinity }),
  write('head', 'HeadObject, for the checksum', { operation: 'HeadObject', of: 'source' }),
  write('create', 'CreateMultipartUpload', { operation: 'CreateMultipartUpload', of: 'target' }),
  write('part-first', 'the first part', part),
  write('part-last', 'the last part', { ...part, nth: 2 }),
  write('complete', 'CompleteMultipartUpload', { operation: 'CompleteMultipartUpload', of: 'target' }),
  write('abort', 'AbortMultipartUpload after a failure', {
    operation: 'AbortMultipartUpload',
    of: 'target',
    after: refusedPart,
  }),
  write('list-parts', 'ListParts after the abort', {
    operation: 'ListParts',
    of: 'target',
    after: refusedPart,
  }),
  write('put', 'the first PutObject', { operation: 'PutObject', of: 'target', key: NO_CLAIM }),
  write('put-last', 'the last PutObject', { operation: 'PutObject', of: 'target', key: LAST }),
  write('delete', 'DeleteObject after a failed run', {
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

/** Where the body of a read breaks, in bytes. */
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

/** Faults of stores and of proxies in front of them. */
export const STORE_FAULTS: readonly Fault[] = [
  fault(ALL, 'reset', 'reset before the response', { reset: true }, again),
  fault(READS, 'reset-after-headers', 'reset after the headers', { reset: 0 }, again),
  fault(READS, 'reset-mid-body', 'reset in the middle of the body', { reset: WITHIN_BODY }, again),
  fault(READS, 'short-body', 'a body that ends early', { shortBody: WITHIN_BODY }, again),
  fault(ALL, 'stall', 'no response', { stall: true }, still),
  fault(READS, 'stall-mid-body', 'a stall in the middle of the body', { stall: WITHIN_BODY }, still),
  fault(READS, 'drip', 'a few bytes a second', { slow: { bytesPerSecond: 4 } }, still),
  fault(ALL, 'late', 'a late response', { slow: { ttfb: 200 } }, again),
  fault(ALL, '500', '500 InternalError', { status: 500 }, again),
  fault(ALL, '503', '503 SlowDown', { status: 503, code: 'SlowDown' }, again),
  fault(ALL, '503-retry-after', '503 with Retry-After', { status: 503, retryAfter: 1 }, again),
  fault(ALL, '429', '429', { status: 429, code: 'TooManyRequests' }, again),
  fault(ALL, 'request-timeout', '400 RequestTimeout', { status: 400, code: 'RequestTimeout' }, again),
  fault(ALL, 'expired', '403, expired credentials', { status: 403, code: 'ExpiredToken' }),
  fault(ALL, 'denied', '403 AccessDenied', FORBIDDEN),
  fault(ALL, 'gone', '404', { status: 404 }),
  fault(ALL, 'precondition', '412', { status: 412, code: 'PreconditionFailed' }),
  fault(ALL, 'region', '301, another region', { status: 301, code: 'PermanentRedirect' }),
  fault(ALL, 'skewed', '403, wrong clock', { status: 403, code: 'RequestTimeTooSkewed' }),
  fault(['get-later', 'get-last'], 'changed', 'object replaced by another', { changed: 'another' }),
  fault(READS, 'content-range', 'a range other than requested', {
    answerHeaders: { 'content-range': 'bytes 7-99/100' },
  }),
  fault(READS, 'etag-other', 'a changed ETag', {
    answerHeaders: { etag: '"0123456789abcdef0123456789abcdef"' },
  }),
  fault(READS, 'etag-none', 'no ETag', { answerHeaders: { etag: undefined } }),
  fault(READS, 'etag-weak', 'an ETag changed by a proxy', {
    answerHeaders: { etag: 'W/"0123456789abcdef"' },
  }),
  fault(READS, 'flipped', 'a flipped byte', { corrupt: 1000 }),
  fault(ALL, 'error-in-200', '200 with an error in the body', { errorIn200: 'InternalError' }),
  fault(WRITES, 'answer-lost', 'performed, response lost', { reset: true, performed: true }, again),
  fault(WRITES, 'answer-stalls', 'performed, no response', { stall: true, performed: true }, still),
  fault(WRITES, 'done-500', 'performed, then 500', { status: 500, performed: true }, again),
  // A proxy that repeats CompleteMultipartUpload gets this answer from the store; a repeated PutObject succeeds again.
  fault(['complete'], 'done-404', 'performed, then 404', { status: 404, performed: true }),
  fault(['complete'], 'done-412', 'performed, then 412', {
    status: 412,
    code: 'PreconditionFailed',
    performed: true,
  }),
  fault(COMMITS, 'no-etag', '200 without an ETag', { answerHeaders: { etag: undefined } }),
  fault(['part-first', 'part-last'], 'part-etag', 'a wrong ETag for a part', {
    answerHeaders: { etag: '"0123456789abcdef0123456789abcdef"' },
  }),
  fault(BODIES, 'reset-request', 'reset while the body is being sent', { resetRequest: 200 }, again),
  fault(BODIES, 'stall-request', 'the server stops reading the body', { stallRequest: 200 }, still),
  front(READS, 'whole-200', '200 with the whole object', 'whole-200'),
  front(READS, 'range-200', '200 with just the range', 'range-200'),
  front(READS, 'longer', 'more bytes than requested', 'longer'),
  front(READS, 'shorter-206', 'a shorter range', 'shorter-206'),
  front(READS, 'gzip', 'a gzip body', 'gzip'),
  front(READS, 'chunked', 'chunked encoding', 'chunked', again),
  front(ALL, 'login-page', 'a login page with 200', 'login-page'),
  front(ALL, 'twice', 'a duplicate response', 'twice'),
  front(ALL, 'garbage', 'a response that is not HTTP', 'garbage'),
]

import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { SourceError, isError } from '../../errors.js'
import type { RequestFailure, RequestMessage } from '../diagnostics/messages.js'
import { RequestReport } from '../diagnostics/request-report.js'
import type { CheckedAgents } from '../addresses/checked-agents.js'
import { type ByteRange, rangeHeader } from '../byte-range.js'
import { oneTry } from '../fetch/one-try.js'
import { copyBody, discard, stalled } from '../fetch/range-body.js'
import { httpFailure, httpSubject } from './http-diagnostics.js'
import type { HttpTarget } from './http-options.js'
import type { HttpHead } from './http-version-pin.js'
import type { RangeBuffer } from '../fetch/range-buffer.js'
import { StallTimer } from '../async/stall-timer.js'

/** The limit of `fetch` as well: enough for any honest chain, and ends loops. */
const MAX_REDIRECTS = 20

/** One attempt of one GET. */
export interface HttpGet {
  readonly target: HttpTarget
  /** The bytes to request; `undefined` for the whole. */
  readonly range: ByteRange | undefined
  /** Receives the bytes. */
  readonly into: RangeBuffer
  /** The number of the attempt, from 1. @defaultValue 1 */
  readonly attempt?: number | undefined
  readonly signal: AbortSignal
  /**
   * Checks the response's headers; throws if it is not what `into` waits for. Returns one past the last byte
   * that the body should contain, if that is not the end of `into`.
   */
  readonly accept: (answer: HttpHead) => number | undefined
}

/**
 * Sends one request and reads the response into memory, as fast as it arrives. Resolves when the body has ended
 * and was complete; rejects with the failure, with any error of `accept`, or with an `AbortError`. The buffer
 * then holds the bytes received before.
 *
 * It uses `node:http` and not `fetch`, which decodes bodies marked `Content-Encoding: gzip` regardless of the
 * request, so that no byte would be where its `Content-Range` says, and which has time-outs of its own.
 */
export async function httpGet(one: HttpGet): Promise<void> {
  const { stallTimeout, minThroughput } = one.target
  await oneTry(one.signal, async attempt => {
    const onStall = (drip?: string) => attempt.abort(stalled(stallTimeout, drip))
    const watch = new StallTimer(stallTimeout, onStall, minThroughput)
    try {
      await run(one, attempt.signal, watch)
    } finally {
      watch.stop()
    }
  })
}

async function run(one: HttpGet, signal: AbortSignal, watch: StallTimer): Promise<void> {
  const { target, range, into, accept } = one
  const start = into.received
  const report = RequestReport.begin(one.attempt ?? 1)
  const end = (outcome: RequestMessage['outcome'], failure: RequestFailure) =>
    report?.end(httpSubject(target.source, start), outcome, failure, into.received - start)
  let statusCode: number | undefined
  try {
    const answer = await follow(target, range, signal, watch)
    statusCode = answer.statusCode
    report?.answered()
    try {
      const end = accept(answer) ?? into.end
      // Of an empty range nothing is to be read, not even the body of a refusal.
      if (into.start === into.end) discard(answer)
      else await copyBody(answer, into, bytes => watch.alive(bytes), end)
    } catch (error) {
      discard(answer)
      throw error
    }
    end('ok', { statusCode, requestId: undefined, errorCode: undefined })
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error
    const isAborted = isError(reason) && reason.name === 'AbortError'
    if (isAborted) end('aborted', { statusCode, requestId: undefined, errorCode: undefined })
    else end('failed', { ...httpFailure(reason), statusCode })
    throw error
  }
}

/** Sends the request, following redirects; resolves with the response's headers. */
async function follow(
  target: HttpTarget,
  range: ByteRange | undefined,
  signal: AbortSignal,
  watch: StallTimer,
): Promise<IncomingMessage> {
  const asked = {
    'accept-encoding': 'identity',
    ...(range && { range: rangeHeader(range.start, range.end) }),
  }
  let url = target.url
  for (let redirects = 0; ; redirects++) {
    // Secrets in the headers are for the origin that the user named, and for no other.
    const headers = url.origin === target.url.origin ? { ...target.headers, ...asked } : asked
    const answer = await get(url, headers, signal, target.policy?.agents)
    watch.alive()
    const { location } = answer.headers
    if (location === undefined || ![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0)) return answer
    discard(answer)
    url = redirected(location, url, target.source)
    if (redirects === MAX_REDIRECTS) {
      throw badRedirect(`was redirected more than ${MAX_REDIRECTS} times`, target.source)
    }
    target.policy?.check(url, target.source, true)
  }
}

function get(
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
  agents: CheckedAgents | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const client = url.protocol === 'https:' ? https : http
    client.get(url, { headers, signal, agent: agents?.for(url.protocol) }, resolve).on('error', reject)
  })
}

function redirected(location: string, base: URL, source: string): URL {
  const url = URL.canParse(location, base.href) ? new URL(location, base) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw badRedirect('is redirected to something other than an http: or https: URL', source)
}

function badRedirect(what: string, source: string): SourceError {
  return new SourceError(
    'AVIO_ERR_SOURCE_READ',
    `Cannot read ${source}: it ${what}.`,
    { source },
    { retryable: false },
  )
}

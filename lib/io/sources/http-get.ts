import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { SourceError } from '../../errors.js'
import { type ByteRange, rangeHeader } from '../byte-range.js'
import { oneTry } from '../fetch/one-try.js'
import { copyBody, discard, stalled } from '../fetch/range-body.js'
import type { HttpTarget } from './http-options.js'
import type { HttpHead } from './http-version-pin.js'
import type { RangeBuffer } from '../fetch/range-buffer.js'
import { StallTimer } from '../async/stall-timer.js'

/** What `fetch` follows as well: enough for any honest way, and no circle. */
const MAX_REDIRECTS = 20

/** One try of one GET. */
export interface HttpGet {
  readonly target: HttpTarget
  /** The bytes to ask for; `undefined` for the whole. */
  readonly range: ByteRange | undefined
  /** Where the bytes go. */
  readonly into: RangeBuffer
  readonly signal: AbortSignal
  /**
   * Looks at the head of the answer; throws where it is not what `into` waits for. Returns one past the last byte that
   * the body is to hold, where that is not the end of `into`.
   */
  readonly accept: (answer: HttpHead) => number | undefined
}

/**
 * Asks once and reads the answer into memory, as fast as it comes. Resolves when the body has ended and has held what
 * it should; rejects with what broke, with what `accept` threw, or with an `AbortError`. The buffer then holds what
 * came before.
 *
 * It goes by `node:http` and not by `fetch`, which decodes a body that is marked `Content-Encoding: gzip` whatever was
 * asked for, so that no byte would be where its `Content-Range` says, and which has time limits of its own.
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
  const answer = await follow(target, range, signal, watch)
  try {
    const end = accept(answer) ?? into.end
    if (into.start === into.end) {
      // Nothing is there to be taken, not even what a refusal says of itself.
      discard(answer)
      return
    }
    await copyBody(answer, into, bytes => watch.alive(bytes), end)
  } catch (error) {
    discard(answer)
    throw error
  }
}

/** Sends the request, to wherever it is sent on to; resolves with the head of the answer. */
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
    // What is secret in the headers is for the origin that the user named, and for no other.
    const headers = url.origin === target.url.origin ? { ...target.headers, ...asked } : asked
    const answer = await get(url, headers, signal)
    watch.alive()
    const { location } = answer.headers
    if (location === undefined || ![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0)) return answer
    discard(answer)
    url = redirected(location, url, target.source)
    if (redirects === MAX_REDIRECTS) {
      throw badRedirect(`was redirected more than ${MAX_REDIRECTS} times`, target.source)
    }
  }
}

function get(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const client = url.protocol === 'https:' ? https : http
    client.get(url, { headers, signal }, resolve).on('error', reject)
  })
}

function redirected(location: string, base: URL, source: string): URL {
  const url = URL.canParse(location, base.href) ? new URL(location, base) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw badRedirect('is redirected to what is no http: or https: URL', source)
}

function badRedirect(what: string, source: string): SourceError {
  return new SourceError(
    'AVIO_ERR_SOURCE_READ',
    `Cannot read ${source}: it ${what}.`,
    { source },
    { retryable: false },
  )
}

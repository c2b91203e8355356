import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { finished } from 'node:stream'
import { onAbort } from '../async/abort-listeners.js'
import { SourceError } from '../../errors.js'
import { abortError } from '../async/abort-error.js'
import { type ByteRange, rangeHeader } from '../byte-range.js'
import { BrokenAnswer, OverlongAnswer } from './http-errors.js'
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
  const { signal } = one
  const { stallTimeout, minThroughput } = one.target
  if (signal.aborted) throw abortError(signal)
  const attempt = new AbortController()
  const giveUp = () => attempt.abort(abortError(signal))
  const forget = onAbort(signal, giveUp)
  const onStall = (drip = `No byte came for ${stallTimeout} ms`) =>
    attempt.abort(new BrokenAnswer(`${drip}, and the request was given up`))
  const watch = new StallTimer(stallTimeout, onStall, minThroughput)
  try {
    await run(one, attempt.signal, watch)
  } catch (error) {
    // However the socket says it: this is why.
    throw attempt.signal.aborted ? (attempt.signal.reason as Error) : error
  } finally {
    watch.stop()
    forget()
  }
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
    await drain(answer, into, end, watch)
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

/** Copies a body into `into` as fast as it comes; resolves when it has ended, with the byte before `end`. */
async function drain(
  answer: IncomingMessage,
  into: RangeBuffer,
  end: number,
  watch: StallTimer,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    finished(answer, { writable: false }, error => (error ? reject(error) : resolve()))
    answer.on('data', (chunk: Buffer) => {
      watch.alive(chunk.length)
      const isTooMuch = chunk.length > end - into.received
      into.write(isTooMuch ? chunk.subarray(0, end - into.received) : chunk)
      if (isTooMuch) answer.destroy(new OverlongAnswer('More came than was announced'))
    })
  })
  if (into.received < end) throw new BrokenAnswer(`The body ended ${end - into.received} bytes early`)
}

/** Lets go of an answer that nobody reads on; its connection is closed. */
function discard(answer: IncomingMessage): void {
  answer.on('error', () => undefined)
  answer.destroy()
}

import { validateHeaderName, validateHeaderValue } from 'node:http'
import { OptionError } from '../../errors.js'
import {
  GiB,
  integerOption,
  knownOptions,
  MAX_TIMEOUT,
  MiB,
  optionsObject,
  stringMapOption,
} from '../../options.js'
import { minThroughputOption } from '../async/stall-timer.js'

/** The options of {@link HttpSource}. */
export interface HttpSourceOptions {
  /**
   * The address: `http:` or `https:`, a presigned one included. A user and password in it are sent as Basic
   * authorization. Neither these nor the query appear in any error.
   */
  url: string | URL
  /**
   * More headers, with every request: `authorization`, `cookie`, `user-agent` … They go to the address's own origin
   * and not along with a redirect to another one. `range`, `accept-encoding`, `connection` and conditions (`if-…`) are
   * the reader's own and refused.
   */
  headers?: Record<string, string> | undefined
  /**
   * Milliseconds without a byte (or, before the first one, without an answer) after which a request is given up and
   * tried again; 1 to 2³¹ − 1, or `Infinity` for never.
   *
   * @defaultValue 30,000
   */
  stallTimeout?: number | undefined
  /**
   * The least rate at which the bytes of an answer may come, in bytes a second, measured over `stallTimeout` from the
   * first byte on; 0 for none. An answer that drips slower than that is given up and resumed like one that stalled.
   * Only time in which this process takes bytes counts: a slow consumer is no slow server.
   *
   * @defaultValue 512
   */
  minThroughput?: number | undefined
  /**
   * How often each range is tried in all: 1 to 100. A try begins at the byte where the one before broke.
   * The waits between are drawn from 0 to 100 ms, 200 ms, 400 ms … 20 s, or are what the server asks for.
   *
   * @defaultValue 8
   */
  maxAttempts?: number | undefined
  /**
   * Largest range that one request asks for, in bytes: 1 to 5 GiB. A larger one costs fewer requests, a smaller one
   * less memory.
   *
   * @defaultValue 8 MiB
   */
  partSize?: number | undefined
}

/** {@link HttpSourceOptions}, checked. */
export interface HttpTarget {
  /** Without user, password and fragment. */
  readonly url: URL
  /** What errors call it: the address without its query. */
  readonly source: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly stallTimeout: number
  readonly minThroughput: number
  readonly maxAttempts: number
  readonly partSize: number
}

const OPTIONS = ['url', 'headers', 'stallTimeout', 'minThroughput', 'maxAttempts', 'partSize'] as const
const OWNED = /^(range|accept-encoding|connection|content-length|transfer-encoding|if-.*)$/

/** Reads the options of an HttpSource; throws an {@link OptionError} for one that breaks its rule. */
export function httpOptions(options: HttpSourceOptions): HttpTarget {
  knownOptions(optionsObject(options, 'HttpSource'), 'HttpSource', OPTIONS)
  const given = addressOption(options.url)
  const url = new URL(given)
  url.username = url.password = url.hash = ''
  return {
    url,
    source: url.origin + url.pathname,
    headers: { ...basicAuthorization(given), ...headersOption(options) },
    stallTimeout: integerOption(options, 'stallTimeout', {
      min: 1,
      max: MAX_TIMEOUT,
      default: 30_000,
      unit: 'milliseconds',
      infinity: true,
    }),
    minThroughput: minThroughputOption(options),
    maxAttempts: integerOption(options, 'maxAttempts', { min: 1, max: 100, default: 8 }),
    partSize: integerOption(options, 'partSize', {
      min: 1,
      max: 5 * GiB,
      default: 8 * MiB,
      unit: 'bytes',
    }),
  }
}

function addressOption(value: unknown): URL {
  const isAddress = typeof value === 'string' || value instanceof URL
  const url = isAddress && URL.canParse(String(value)) ? new URL(value) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  const got =
    url === undefined ? (isAddress ? 'text that is no URL' : typeof value) : `one of ${url.protocol}`
  // The value itself stays out of it: what is no URL may be one with a slip, and hold a signature all the same.
  throw new OptionError('url', `Option "url" must be an http: or https: URL, got ${got}`, undefined)
}

function headersOption(options: object): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [given, value] of Object.entries(stringMapOption(options, 'headers') ?? {})) {
    const name = given.toLowerCase()
    const option = `headers.${given}`
    if (OWNED.test(name)) {
      throw new OptionError(
        option,
        `Option "headers" must not hold "${given}": the reader sets it itself`,
        value,
      )
    }
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch (cause) {
      // Neither here does the value: it may be a token with a line break at its end.
      throw new OptionError(
        option,
        `Option "headers" holds "${given}", which is no valid header`,
        undefined,
        {
          cause,
        },
      )
    }
    headers[name] = value
  }
  return headers
}

function basicAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  let user: string
  try {
    user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  } catch {
    throw new OptionError('url', 'Option "url" has a user or password that is not URL-encoded', undefined)
  }
  return { authorization: `Basic ${Buffer.from(user).toString('base64')}` }
}

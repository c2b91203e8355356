import { validateHeaderName, validateHeaderValue } from 'node:http'
import { OptionError } from '../../errors.js'
import { isUrl, knownOptions, optionsObject, stringMapOption, stringOption } from '../../options.js'
import { FETCH_OPTIONS, type FetchOptions, fetchOptions } from '../fetch/fetch-options.js'
import { type HttpAllow, HttpPolicy } from './http-allow.js'

/** The options of {@link HttpSource}. */
export interface HttpSourceOptions {
  /**
   * The URL: `http:` or `https:`, including presigned ones. A user and password in it are sent as Basic
   * authorization. Neither these nor the query appear in any error.
   */
  url: string | URL
  /**
   * Where an untrusted URL may lead: the URL and every redirect must name one of these hosts, by
   * `https:` unless its entry says `http:`, without user or password; and only public addresses are connected to, and
   * those that `addresses` opens. Whatever else it leads to is `AVIO_ERR_SOURCE_REFUSED`, before a byte is sent there.
   *
   * @defaultValue anywhere, your own network included
   */
  allow?: HttpAllow | undefined
  /**
   * Extra headers for every request: `authorization`, `cookie`, `user-agent` … They are sent to the URL's own
   * origin, but not to another one after a redirect. `range`, `accept-encoding`, `connection` and conditions
   * (`if-…`) are set by the reader and rejected here.
   */
  headers?: Record<string, string> | undefined
  /**
   * The ETag of the version to read, as in {@link HttpSource.etag}: for example the one that a plan was made from. A
   * response with another version fails with `AVIO_ERR_SOURCE_CHANGED`, before a byte of it is used.
   *
   * @defaultValue the ETag of the first response
   */
  etag?: string | undefined
  /**
   * Milliseconds without a byte (or, before the first byte, without a response) after which a request is
   * cancelled and retried; 1 to 2³¹ − 1, or `Infinity` for never. The silence is found up to a tenth later.
   *
   * @defaultValue 30,000
   */
  stallTimeout?: number | undefined
  /**
   * The minimum transfer rate of a response, in bytes a second, measured over `stallTimeout` from the first
   * byte on; 0 for none. A slower response is cancelled and resumed like one that stalled. Only time in which
   * this process reads counts: a slow consumer is not a slow server.
   *
   * @defaultValue 512
   */
  minThroughput?: number | undefined
  /**
   * Total number of attempts for each range: 1 to 100. A retry resumes at the byte where the previous attempt
   * broke. The waits between attempts are random, up to 100 ms, 200 ms, 400 ms … 20 s, or as long as the
   * server requests.
   *
   * @defaultValue 8
   */
  maxAttempts?: number | undefined
  /**
   * Largest range of one request, in bytes: 1 to 5 GiB. A larger range costs fewer requests, a
   * smaller one less memory.
   *
   * @defaultValue 8 MiB
   */
  partSize?: number | undefined
}

/** {@link HttpSourceOptions}, checked. */
export interface HttpTarget extends FetchOptions {
  /** Without user, password and fragment. */
  readonly url: URL
  /** Its name in errors: the URL without its query. */
  readonly source: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly policy?: HttpPolicy | undefined
  readonly etag?: string | undefined
}

const OPTIONS = ['url', 'allow', 'headers', 'etag', ...FETCH_OPTIONS] as const
const OWNED = /^(range|accept-encoding|connection|content-length|transfer-encoding|if-.*)$/

/**
 * Reads the options of an HttpSource; throws an {@link OptionError} for an invalid one, and a {@link SourceError} for a
 * URL that `allow` doesn't open.
 */
export function httpOptions(options: HttpSourceOptions): HttpTarget {
  knownOptions(optionsObject(options, 'HttpSource', 'url'), 'HttpSource', OPTIONS)
  const given = addressOption(options.url)
  const policy = HttpPolicy.option(options)
  const url = new URL(given)
  const source = url.origin + url.pathname
  policy?.check(url, source, false)
  url.username = url.password = url.hash = ''
  return {
    url,
    source,
    headers: { ...basicAuthorization(given), ...headersOption(options) },
    policy,
    etag: stringOption(options, 'etag', { default: undefined }),
    ...fetchOptions(options),
  }
}

function addressOption(value: unknown): URL {
  const isAddress = typeof value === 'string' || isUrl(value)
  const url = isAddress && URL.canParse(String(value)) ? new URL(String(value)) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  const got =
    url === undefined ? (isAddress ? 'a string that is not a URL' : typeof value) : `one of ${url.protocol}`
  // The value itself is left out: a mistyped URL may still hold a signature.
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
      // The value is left out here too: it may be a token with a line break at its end.
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

import { isDamagedTls } from '../../io/async/retry.js'

/**
 * The meaning of a failure below HTTP: whether it may be temporary, and whether anything can have reached the server.
 *
 * A failed connection arrives in several wrappers: a name with several addresses gives an `AggregateError` with one
 * error per address, `fetch` puts the system's error into `cause`, and the SDK renames some to `TimeoutError`. A
 * wrapper means the same as its parts.
 */
export interface NetworkFailure {
  /** The system's code, such as `ECONNRESET`. */
  readonly code: string
  /** The system's message, for each address if there are several. */
  readonly message: string
  /** Whether the same request may succeed on a retry. */
  readonly retryable: boolean
  /** Whether there was no connection, so that the server has not seen the request. */
  readonly unsent: boolean
  /** Whether the endpoint is unreachable, rather than a connection to it broken. */
  readonly unreachable: boolean
  /** The host of a failed name lookup. */
  readonly hostname: string | undefined
}

interface SystemError {
  readonly code?: unknown
  readonly name?: string | undefined
  readonly message?: string | undefined
  readonly syscall?: string | undefined
  readonly hostname?: string | undefined
  readonly cause?: unknown
  readonly errors?: unknown
  readonly rawPacket?: unknown
}

/** A pattern of the codes that begin with one of these words. */
function oneOf(...words: readonly string[]): RegExp {
  return new RegExp(`^(${words.join('|')})`)
}

/** No connection to the address, or no descriptor or port left for one. */
const NO_CONNECTION =
  'ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EMFILE|ENFILE|ENOBUFS|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT'

/** The other side's certificate, or its TLS, is refused. */
const NO_TRUST = 'CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_TLS_|EPROTO$|ERR_SSL_'

/** A name or a certificate does not change within a second. */
const FINAL = oneOf('ENOTFOUND', NO_TRUST)

/**
 * Failures before the first byte of the request: no connection, no name, no descriptor, no trust, a header that Node
 * refuses.
 */
const UNSENT = oneOf(
  NO_CONNECTION,
  'EADDRINUSE',
  'ENOTFOUND',
  'EAI_',
  NO_TRUST,
  'ERR_INVALID_',
  'ERR_HTTP_INVALID_',
)

/** Temporary connection failures. */
const MAY_PASS = oneOf(`(?:${NO_CONNECTION}|EAI_AGAIN)$`)

/** Temporary failures of an established connection. */
const BROKEN = new RegExp(
  '^(ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ERR_STREAM_PREMATURE_CLOSE|HPE_INVALID_CONSTANT|HPE_INVALID_EOF_STATE|' +
    'UND_ERR_SOCKET|UND_ERR_BODY_TIMEOUT|UND_ERR_HEADERS_TIMEOUT)$',
)

/** Errors whose message alone shows that there was no connection yet: from Node's TLS, and from the SDK's handler. */
const NOT_CONNECTED =
  /before secure TLS connection was established|not establish a connection|Connection timed out after/

/** TLS codes, which do not show when the failure happened. */
const TLS = /^(EPROTO$|ERR_SSL_)/

/**
 * Interprets a network failure, in any wrapper; `undefined` for other errors.
 *
 * @param hasWorked - whether the same client has had a response before: garbage on a TLS connection is then corruption
 * in transit, while at first it means that the port does not speak TLS
 */
export function networkFailure(error: unknown, hasWorked = false): NetworkFailure | undefined {
  const parts = partsOf(error, 0).map(part => failureOf(part, hasWorked))
  // One address that may soon be up again makes a retry worthwhile.
  const deciding = parts.find(part => part.retryable) ?? parts[0]
  return (
    deciding && {
      ...deciding,
      message: [...new Set(parts.map(({ message }) => message))].join('; '),
      unsent: parts.every(part => part.unsent),
      unreachable: parts.every(part => part.unreachable),
    }
  )
}

/** Whether the port responded in a protocol other than the endpoint's scheme. */
export function schemeMismatch(error: unknown): 'is-http' | 'is-https' | undefined {
  for (const { code, message = '', rawPacket } of partsOf(error, 0)) {
    if (isOtherProtocol(String(code), message)) return 'is-http'
    // A TLS alert, in place of a status line.
    if (Buffer.isBuffer(rawPacket) && rawPacket[0] === 0x15 && rawPacket[1] === 3) return 'is-https'
  }
  return undefined
}

/** OpenSSL's errors for bytes that are not TLS. */
function isOtherProtocol(code: string, message: string): boolean {
  const said = /wrong.version.number|packet.length.too.long|unknown.protocol|http.request/i
  return TLS.test(code) && said.test(`${code} ${message}`)
}

/** The errors with a code inside `error`. */
function partsOf(error: unknown, depth: number): SystemError[] {
  if (typeof error !== 'object' || error === null || depth > 8) return []
  const { errors, code, cause, name, message } = error as SystemError
  if (Array.isArray(errors) && errors.length > 0) {
    const parts = errors.flatMap(part => partsOf(part, depth + 1))
    if (parts.length > 0) return parts
  }
  if (typeof code === 'string') return [error]
  if (name === 'TimeoutError' && NOT_CONNECTED.test(message ?? ''))
    return [{ ...error, name, message, code: 'ETIMEDOUT' }]
  return partsOf(cause, depth + 1)
}

function failureOf(part: SystemError, hasWorked: boolean): NetworkFailure {
  const code = String(part.code)
  const message = part.message === undefined || part.message === '' ? code : part.message.trim()
  const isConnecting =
    part.syscall === 'connect' ||
    part.syscall?.startsWith('getaddrinfo') === true ||
    NOT_CONNECTED.test(message)
  // `ERR_SSL_…` comes from an established connection: the server may have read the request.
  const isDamage = !isConnecting && (isDamagedTls(part) || (TLS.test(code) && hasWorked))
  const isStranger = !hasWorked && isOtherProtocol(code, message)
  const unsent = !isDamage && (isConnecting || UNSENT.test(code))
  return {
    code,
    message,
    retryable: isDamage || MAY_PASS.test(code) || BROKEN.test(code),
    unsent,
    unreachable:
      isStranger ||
      (!isDamage && (MAY_PASS.test(code) || FINAL.test(code) || (isConnecting && BROKEN.test(code)))),
    hostname: part.hostname,
  }
}

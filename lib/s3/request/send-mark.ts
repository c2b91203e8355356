import type { RequestSubject } from '../../io/diagnostics/messages.js'

/** The state of a request when an error ended it. */
export interface SendMark {
  /** Whether it ended inside the SDK (credentials, endpoint, signature): nothing went to the network. */
  readonly unsent: boolean
  /** `http:` or `https:`, if it went to the network. */
  readonly protocol: string | undefined
  /** Whether the same client had credentials before. */
  readonly hadCredentials: boolean
  /** Whether the same client had a response before. */
  readonly hasWorked: boolean
  /** Whether the signature omits the body, by the library's choice. */
  readonly isUnsigned: boolean
  /** What it was about. */
  readonly subject?: RequestSubject | undefined
}

const marks = new WeakMap<object, SendMark>()

/** Attaches the state of the request to `error`. */
export function setSendMark(error: unknown, mark: SendMark): void {
  if (typeof error === 'object' && error !== null) marks.set(error, mark)
}

/** The state of the request that `error` ended; `undefined` for any other error. */
export function sendMark(error: unknown): SendMark | undefined {
  return typeof error === 'object' && error !== null ? marks.get(error) : undefined
}

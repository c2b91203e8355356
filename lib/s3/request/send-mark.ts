/** What is known of the sending that an error has ended. */
export interface SendMark {
  /** Whether it ended within the SDK (credentials, endpoint, signature): nothing went to the network. */
  readonly unsent: boolean
  /** `http:` or `https:`, where it went to the network. */
  readonly protocol: string | undefined
  /** Whether the same client had credentials before. */
  readonly hadCredentials: boolean
  /** Whether the same client had an answer before. */
  readonly hasWorked: boolean
}

const marks = new WeakMap<object, SendMark>()

/** Notes what is known of the sending that `error` has ended. */
export function setSendMark(error: unknown, mark: SendMark): void {
  if (typeof error === 'object' && error !== null) marks.set(error, mark)
}

/** What is known of the sending that `error` has ended; `undefined` of any other error. */
export function sendMark(error: unknown): SendMark | undefined {
  return typeof error === 'object' && error !== null ? marks.get(error) : undefined
}

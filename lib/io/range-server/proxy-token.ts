import { randomBytes, timingSafeEqual } from 'node:crypto'

/** The user name for the token: HTTP requires one. */
const USER = 'job'

/**
 * The secret that identifies a child: 192 random bits, created for one server. It is passed in the child's
 * environment, which only its own user can read, and never in its arguments, which every user of the machine
 * can.
 */
export class ProxyToken {
  readonly #token = randomBytes(24).toString('base64url')
  readonly #expected = Buffer.from(Buffer.from(`${USER}:${this.#token}`).toString('base64'))

  /** User name and token, as they appear in a URL before the `@`. */
  get credentials(): string {
    return `${USER}:${this.#token}`
  }

  /**
   * Whether a `Proxy-Authorization` header carries the token (RFC 7617). Takes the same time for any wrong
   * token.
   */
  isIn(header: string | undefined): boolean {
    const given = Buffer.from(/^basic +([\w+/=-]+)$/i.exec(header?.trim() ?? '')?.[1] ?? '')
    return given.length === this.#expected.length && timingSafeEqual(given, this.#expected)
  }
}

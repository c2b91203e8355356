import type { AvioErrorCode } from './codes.js'
import { plain } from './redaction.js'
import { isRetryable } from './retryable.js'

/** Options of an {@link AvioError}, besides its message. */
export interface AvioErrorOptions extends ErrorOptions {
  /** Overrides the code's default. @defaultValue the code's own */
  retryable?: boolean | undefined
}

/** An error as JSON, for the record of a failed job. Without its stack. */
export interface AvioErrorJson {
  /** The error's class. */
  readonly name: string
  /** {@link AvioError.code}; for a foreign cause its own code, if it has one. */
  readonly code?: string | number
  /** The full message. */
  readonly message: string
  /** {@link AvioError.retryable}; absent for foreign causes. */
  readonly retryable?: boolean
  /** The original error, in the same form, up to eight levels deep. */
  readonly cause?: AvioErrorJson
  /** The known fields of the error's class. */
  readonly [field: string]: unknown
}

/**
 * The base of every error this library throws.
 * `message` says what happened, to what, and what to do; `cause` is the original error, if there is one.
 */
export class AvioError extends Error {
  /** What went wrong, from one closed list. */
  readonly code: AvioErrorCode
  /**
   * Whether the same job could succeed if it were tried again, here or on another machine: where it is `false`, a queue
   * should give up at once. The table in `docs/errors.md` lists it for each code. Where the code alone does not decide,
   * the error does: an `AVIO_ERR_READ_FAILED` after a 503 is retryable, one after a 400 is not.
   */
  readonly retryable: boolean

  constructor(code: AvioErrorCode, message: string, options?: AvioErrorOptions) {
    super(oneStop(message), options)
    this.code = code
    this.name = new.target.name
    this.retryable = options?.retryable ?? isRetryable(code, options?.cause)
  }

  /**
   * For `JSON.stringify`: name, code, message, `retryable`, the fields that are known, and the chain of causes.
   * Queries, users and passwords of addresses are left out wherever they stand, since they may be signatures and
   * secrets.
   */
  toJSON(): AvioErrorJson {
    return jsonOf(this)
  }
}

const MAX_CAUSES = 8

function jsonOf(error: Error, depth = 0): AvioErrorJson {
  const { name, message, cause, code } = error as NodeJS.ErrnoException
  const isOurs = error instanceof AvioError
  const fields = isOurs ? Object.entries(error) : []
  const known = { name, code, message, retryable: isOurs ? error.retryable : undefined }
  return {
    ...(plain({ ...known, ...Object.fromEntries(fields) }) as { name: string; message: string }),
    ...(isError(cause) && depth < MAX_CAUSES && { cause: jsonOf(cause, depth + 1) }),
  }
}

/** Whether it is an error, of whatever realm: each has a class of its own. */
export function isError(value: unknown): value is Error {
  return typeof (value as Error | null | undefined)?.message === 'string'
}

/**
 * Messages join sentences from elsewhere (the system, a store, the user's storage) that may already end with a full
 * stop: a double full stop after a word becomes one. Ellipses, and paths such as `/films/..`, stay as they are.
 */
function oneStop(message: string): string {
  return message.replace(/([\p{L}\p{N}"'\])!?])\.\.(?=\s|$)/gu, '$1.').replace(/([!?])\.(?=\s|$)/g, '$1')
}

/** Sets the known fields of an error, read-only; unknown ones are omitted. */
export function assignKnown(error: AvioError, fields: object) {
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) Object.defineProperty(error, name, { value, enumerable: true })
  }
}

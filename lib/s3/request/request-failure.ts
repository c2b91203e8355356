import { AvioError } from '../../errors.js'
import type { RequestFailure } from '../../io/diagnostics/messages.js'
import { errorCodeOf } from '../../io/diagnostics/error-code.js'
import { classifyError } from './classify-error.js'

/** What some of the library's errors know of a response. */
type Answered = AvioError & { readonly statusCode?: number; readonly requestId?: string }

/** How a request failed, for diagnostics: codes, never the text of a message. */
export function failureOf(error: unknown): RequestFailure {
  if (error instanceof AvioError) {
    const { statusCode, requestId, code }: Answered = error
    return { statusCode, requestId, errorCode: code }
  }
  const { statusCode, requestId, s3Code, code } = classifyError(error)
  // A response without a body leaves the SDK nothing to name the error by.
  const unnamed = statusCode === undefined ? errorCodeOf(error) : undefined
  return { statusCode, requestId, errorCode: s3Code ?? code ?? unnamed }
}

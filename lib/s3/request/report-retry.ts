import { S3Error } from '../../errors.js'
import { RETRIES } from '../../io/diagnostics/channels.js'
import type { RequestSubject, RetryMessage } from '../../io/diagnostics/messages.js'
import { failureOf } from './request-failure.js'
import { sendMark } from './send-mark.js'

/** Called before another attempt. */
export type OnRetry = (retry: RetryMessage) => void

/** What an error tells of its request. */
type Told = Partial<Omit<RequestSubject, 'protocol' | 'source'>>

/**
 * Tells that a request failed and another attempt follows: on `avio-streams:retry`, and to `listener`.
 *
 * @param told - what the request was about, if the error does not say so
 */
export function reportRetry(
  error: unknown,
  { attempt, maxAttempts, delayMs }: Pick<RetryMessage, 'attempt' | 'maxAttempts' | 'delayMs'>,
  listener?: OnRetry,
  told: Told = {},
): void {
  if (listener === undefined && !RETRIES.hasSubscribers) return
  const message = {
    ...(sendMark(error)?.subject ?? subjectFrom({ ...told, ...(error instanceof S3Error && given(error)) })),
    attempt,
    maxAttempts,
    delayMs,
    ...failureOf(error),
  }
  if (RETRIES.hasSubscribers) RETRIES.publish(message)
  listener?.(message)
}

function given({ operation, bucket, key, uploadId, partNumber, byteOffset }: S3Error): Told {
  const told = { operation, bucket, key, uploadId, partNumber, byteOffset }
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined))
}

function subjectFrom({
  operation = '',
  bucket,
  key,
  uploadId,
  partNumber,
  byteOffset,
}: Told): RequestSubject {
  return { protocol: 's3', operation, bucket, key, source: undefined, uploadId, partNumber, byteOffset }
}

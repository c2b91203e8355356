import { Readable } from 'node:stream'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'

/** A response of a {@link fakeStore}. */
export interface FakeAnswer {
  readonly status: number
  readonly headers?: Record<string, string>
  /** A string is sent as one chunk, a stream unchanged. */
  readonly body?: unknown
}

/** A request as it would have been sent. */
export interface FakeRequest {
  readonly method: string
  readonly headers: Record<string, string>
  readonly query: Record<string, string>
}

/**
 * A client that gets its responses from a function, for responses that no test server gives. Only the request handler
 * replaces the network; everything before it is the SDK's own.
 */
export function fakeStore(
  answer: (request: FakeRequest, signal: AbortSignal | undefined) => FakeAnswer | Promise<FakeAnswer>,
  config: S3ClientConfig = {},
): S3Client {
  return new S3Client({
    region: 'us-east-1',
    endpoint: 'http://fake.invalid',
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    ...config,
    requestHandler: {
      async handle(request: unknown, options?: { abortSignal?: unknown }) {
        const signal = options?.abortSignal as AbortSignal | undefined
        const { status, headers = {}, body = '' } = await answer(request as FakeRequest, signal)
        const sent = typeof body === 'string' ? Readable.from(body === '' ? [] : [Buffer.from(body)]) : body
        return { response: { statusCode: status, headers, body: sent } as never }
      },
    },
  })
}

/** The headers of a 206 with bytes `start` to `end` (exclusive) of `size`. */
export function partialHeaders(
  start: number,
  end: number,
  size: number,
  etag = '"one"',
): Record<string, string> {
  return {
    'content-range': `bytes ${start}-${end - 1}/${size}`,
    'content-length': String(end - start),
    etag,
  }
}

import type { S3Client } from '@aws-sdk/client-s3'

/**
 * One command, tried once.
 *
 * The SDK's own retry would multiply with ours, hides what decides about an ambiguous CompleteMultipartUpload,
 * and cannot resume a body. It cannot be switched off for a single command, but it retries only what it recognises
 * as transient: so the error is carried past it inside an envelope that it does not recognise.
 * Everything else of the user's client (credentials, signing, clock-skew correction, middleware) stays in force.
 */

/** A command of the SDK, with the type of its answer. */
export interface S3Command<Output> {
  readonly middlewareStack: S3Client['middlewareStack']
  resolveMiddleware(...args: never[]): (input: never) => Promise<{ output: Output }>
}

/** How the SDK's stack sees a middleware that only looks at errors. */
type Around = (next: (args: object) => Promise<never>) => (args: object) => Promise<never>

class Envelope extends Error {
  constructor(readonly inner: unknown) {
    super('one attempt only')
  }
}

const enclose: Around = next => async args => {
  try {
    return await next(args)
  } catch (error) {
    throw new Envelope(error)
  }
}

/** Sends `command` once. Rejects with the SDK's error, or an `AbortError`. */
export async function sendOnce<Output>(
  client: S3Client,
  command: S3Command<Output>,
  signal?: AbortSignal,
): Promise<Output> {
  // A client whose retry was taken out has no place for the envelope, and no need.
  if (client.middlewareStack.identify().some(name => name.startsWith('retryMiddleware'))) {
    command.middlewareStack.addRelativeTo(enclose as never, {
      name: 'avioSingleAttempt',
      relation: 'after',
      toMiddleware: 'retryMiddleware',
      override: true,
    })
  }
  try {
    return (await client.send(command as never, signal ? { abortSignal: signal } : {})) as Output
  } catch (error) {
    throw error instanceof Envelope ? error.inner : error
  }
}

import type { S3Client } from '@aws-sdk/client-s3'
import { onAbort } from '../../io/async/abort-listeners.js'
import { abortError, untilAborted } from '../../io/async/abort-error.js'
import { type RequestBody, attachBody } from './request-body.js'
import { StallWatch } from './stall-watch.js'
import { type S3Command, Sending, sendOnce } from './send-once.js'

/** What an {@link sendWithTimeout} is told. */
export interface SendWithTimeoutOptions {
  /**
   * The longest that nothing may move before the request is given up, in milliseconds; a wait for a socket does not
   * count.
   */
  readonly timeout: number
  /** The least rate at which the body may go out, in bytes a second over `timeout`; 0, the default, for none. */
  readonly minThroughput?: number | undefined
  /** Gives the request up at once. */
  readonly signal?: AbortSignal | undefined
  /** The request's body, where it has one. */
  readonly body?: RequestBody | undefined
}

/** The server went silent. The name is what the SDK calls it too, and is retried like any broken connection. */
class SilenceError extends Error {
  constructor(why: string) {
    super(`Request timed out: ${why}.`)
    this.name = 'TimeoutError'
  }
}

const cutShort = new WeakSet<object>()

/** Whether the request that failed with `error` had not sent all of its body: the server cannot have stored it. */
export function wasCutShort(error: unknown): boolean {
  return typeof error === 'object' && error !== null && cutShort.has(error)
}

/** How long a request that was given up may take to let go, in milliseconds. */
const RELEASE_TIMEOUT = 2000

/**
 * Sends a command once, and always comes to an end: with the answer, with an error, or, when nothing has moved for
 * `timeout`, with a `TimeoutError`. A request that failed has let go of its connection and of its body by then, also
 * where the server answered before it had read all of it.
 */
export async function sendWithTimeout<Output>(
  client: S3Client,
  command: S3Command<Output>,
  { timeout, minThroughput, signal, body }: SendWithTimeoutOptions,
): Promise<Output> {
  if (signal?.aborted) throw abortError(signal)
  const request = new AbortController()
  const giveUp = () => request.abort(signal?.reason)
  const forget = onAbort(signal, giveUp)
  const onStall = (drip = `no data sent or received for ${timeout} ms`) =>
    request.abort(new SilenceError(drip))
  const sending = new Sending(client)
  const watch = new StallWatch(client, sending, timeout, onStall, minThroughput)
  const bodyStream =
    body &&
    attachBody(command, body, (bytes, isTaken) => {
      watch.alive(bytes)
      if (isTaken) watch.moved()
    })
  const sent = sendOnce(client, command, request.signal, sending)
  // An answer can come before the body has gone out; the connection then has to go, or it would send on for ever.
  const release = (reason?: unknown) => {
    request.abort(reason)
    bodyStream?.()?.destroy()
  }
  try {
    // The SDK heeds the signal from the moment that it has credentials; before that, nothing would end the wait.
    const output = await untilAborted(sent, request.signal, ignore)
    if (bodyStream?.()?.isTaken === false) release()
    return output
  } catch (error) {
    const thrown: unknown = request.signal.reason instanceof SilenceError ? request.signal.reason : error
    sending.mark(thrown)
    if (bodyStream?.()?.isTaken === false) cutShort.add(thrown as object)
    release(error)
    await settled(sent)
    throw thrown
  } finally {
    watch.stop()
    forget()
  }
}

/** Waits until the SDK has let go, but not for ever. */
async function settled(sent: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => (timer = setTimeout(resolve, RELEASE_TIMEOUT)))
  await Promise.race([sent.then(ignore, ignore), late])
  clearTimeout(timer)
}

const ignore = () => undefined

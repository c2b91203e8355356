import type { S3Client } from '@aws-sdk/client-s3'
import { onAbort } from '../../io/async/abort-listeners.js'
import { abortError, untilAborted } from '../../io/async/abort-error.js'
import { AttachedBody, type PayloadSigning, type RequestBody } from './request-body.js'
import { type RequestSeries, hand } from './request-series.js'
import { StallWatch } from './stall-watch.js'
import { S3RequestReport } from './report-request.js'
import { type RequestInFlight, type RequestPlace, type S3Command, Sending, sendOnce } from './send-once.js'

/** Settings of {@link sendWithTimeout}. */
export interface SendWithTimeoutOptions extends RequestPlace {
  /**
   * Longest time without any data sent or received, in milliseconds; waiting for a socket does not count.
   */
  readonly timeout: number
  /** Minimum throughput of the body, in bytes per second over `timeout`; 0, the default, for none. */
  readonly minThroughput?: number | undefined
  /** Cancels the request at once. */
  readonly signal?: AbortSignal | undefined
  /** The request's body, if it has one. */
  readonly body?: RequestBody | undefined
  /** Other requests of the same kind. */
  readonly series?: RequestSeries | undefined
  /** Whether the signature covers the body. @defaultValue `'auto'` */
  readonly payloadSigning?: PayloadSigning | undefined
}

/** The server went silent. The SDK uses the same name, and retries it like any broken connection. */
class SilenceError extends Error {
  constructor(why: string) {
    super(`Request timed out: ${why}.`)
    this.name = 'TimeoutError'
  }
}

const cutShort = new WeakSet<object>()

/** Whether the request that failed with `error` had not sent its whole body: the server cannot have stored it. */
export function wasCutShort(error: unknown): boolean {
  return typeof error === 'object' && error !== null && cutShort.has(error)
}

/** How long a cancelled request may take to close, in milliseconds. */
const RELEASE_TIMEOUT = 2000

/**
 * Sends a command once, and always settles: with the response, with an error, or, after `timeout` without any data sent
 * or received, with a `TimeoutError`. By then a failed request has released its connection and its body, even if the
 * server responded before it had read the whole body.
 */
export async function sendWithTimeout<Output>(
  client: S3Client,
  command: S3Command<Output>,
  { timeout, minThroughput, signal, body, series, payloadSigning, ...place }: SendWithTimeoutOptions,
): Promise<Output> {
  if (signal?.aborted) throw abortError(signal)
  const request = new AbortController()
  const giveUp = () => request.abort(signal?.reason)
  const forget = onAbort(signal, giveUp)
  const onStall = (drip = `no data sent or received for ${timeout} ms`) =>
    request.abort(new SilenceError(drip))
  const sending = new Sending(client, place)
  const report = S3RequestReport.begin(sending)
  const watch = new StallWatch(client, sending, timeout, onStall, minThroughput)
  const onRead = (bytes: number, isTaken: boolean) => {
    watch.alive(bytes)
    if (isTaken) watch.moved()
    report?.sent(bytes)
  }
  const attached = body && new AttachedBody(body, onRead, payloadSigning)
  const deliver = (signed: RequestInFlight) => hand(client, signed, request.signal)
  const send = async () => {
    const model = await series?.find(command, place.attempt)
    if (model) return model.send(command, sending, deliver, attached)
    attached?.attach(command)
    return sendOnce(client, command, request.signal, sending)
  }
  const sent = send()
  // A response can arrive before the body has been sent; then close the connection, or it would go on sending.
  const release = (reason?: unknown) => {
    request.abort(reason)
    attached?.stream?.destroy()
  }
  try {
    // The SDK observes the signal only once it has credentials; nothing else would end the wait before that.
    const output = await untilAborted(sent, request.signal, ignore)
    if (attached?.stream?.isTaken === false) release()
    report?.answered(output as object)
    report?.end()
    return output
  } catch (error) {
    const thrown: unknown = request.signal.reason instanceof SilenceError ? request.signal.reason : error
    sending.mark(thrown, attached?.isUnsigned)
    if (attached?.stream?.isTaken === false) cutShort.add(thrown as object)
    release(error)
    await settled(sent)
    report?.fail(thrown)
    throw thrown
  } finally {
    watch.stop()
    forget()
  }
}

/** Waits until the SDK has released the request, with a limit. */
async function settled(sent: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => (timer = setTimeout(resolve, RELEASE_TIMEOUT)))
  await Promise.race([sent.then(ignore, ignore), late])
  clearTimeout(timer)
}

const ignore = () => undefined

import {
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { untilAborted } from '../../io/async/abort-error.js'
import { oneTry } from '../../io/fetch/one-try.js'
import { discard, stalled } from '../../io/fetch/range-body.js'
import type { RangeBuffer } from '../../io/fetch/range-buffer.js'
import type { GetObjectRequest } from './get-request-option.js'
import type { S3ObjectInfo } from './version-pin.js'
import type { S3Location } from '../request/s3-location.js'
import { drain, streamOf } from './get-body.js'
import { goDirect, sendDirect } from '../direct/direct-pool.js'
import { type OnRetry } from '../request/report-retry.js'
import { type RequestSeries, hand } from '../request/request-series.js'
import { S3RequestReport } from '../request/report-request.js'
import { StallWatch } from '../request/stall-watch.js'
import { type RequestInFlight, Sending, sendOnce } from '../request/send-once.js'

/**
 * How response bodies travel: `'direct'`, over a connection of the library's own if CPU time is the only difference, or
 * `'sdk'`, always through the client's own request handler.
 */
export type Transport = 'direct' | 'sdk'

/** The object to read, and how patiently. */
export interface GetTarget {
  readonly client: S3Client
  readonly location: S3Location
  readonly versionId: string | undefined
  /** The ETag that the object must have. */
  readonly etag?: string | undefined
  readonly request: GetObjectRequest
  readonly stallTimeout: number
  readonly minThroughput: number
  readonly transport?: Transport | undefined
  readonly maxAttempts: number
  /** Called before another attempt of a range. */
  readonly onRetry?: OnRetry | undefined
}

/** Called with every accepted response; an error it throws fails the read. */
export type OnInfo = (info: S3ObjectInfo) => void

/** One attempt of one GetObject. */
export interface GetRange {
  readonly client: S3Client
  readonly input: GetObjectCommandInput
  /** Milliseconds without a byte, from the start, before the attempt times out; or `Infinity`. */
  readonly stallTimeout: number
  /** Minimum throughput, in bytes per second over `stallTimeout`; 0 for none. */
  readonly minThroughput: number
  readonly signal: AbortSignal
  /** Other requests for the same object. */
  readonly series?: RequestSeries | undefined
  /** The number of the attempt, from 1. @defaultValue 1 */
  readonly attempt?: number | undefined
  /** How the bytes travel. @defaultValue `'direct'` */
  readonly transport?: Transport | undefined
  /** The destination of the bytes. */
  readonly into: RangeBuffer
  /**
   * Checks the response's header; throws if the response does not match `into`, or a {@link ResponseUnused}.
   * Returns one past the last byte of the body, if that is not the end of `into`.
   */
  readonly accept: (answer: GetObjectCommandOutput) => number | undefined
}

/**
 * Sends one request and reads the response into memory, as fast as it arrives. Resolves when the body has ended and is
 * complete; rejects with the SDK's error, with an error classified like it, with an error thrown by `accept`, or with
 * an `AbortError`. The buffer then holds the bytes received so far.
 */
export async function getRange(one: GetRange): Promise<void> {
  const { client, stallTimeout, minThroughput } = one
  await oneTry(one.signal, async attempt => {
    const onStall = (drip?: string) => attempt.abort(stalled(stallTimeout, drip))
    const sending = new Sending(client, { attempt: one.attempt, byteOffset: one.into.received })
    const watch = new StallWatch(client, sending, stallTimeout, onStall, minThroughput)
    try {
      await run(one, attempt.signal, watch, sending)
    } finally {
      watch.stop()
    }
  })
}

async function run(
  { client, input, into, accept, series, attempt, transport = 'direct' }: GetRange,
  signal: AbortSignal,
  watch: StallWatch,
  sending: Sending,
) {
  const command = new GetObjectCommand(input)
  const report = S3RequestReport.begin(sending)
  const start = into.received
  const deliver = async (signed: RequestInFlight) => {
    const answer = transport === 'direct' ? await sendDirect(client, signed, signal) : undefined
    return answer ?? hand(client, signed, signal)
  }
  const send = async () => {
    const model = await series?.find(command, attempt)
    if (model) return model.send(command, sending, deliver)
    if (transport === 'direct') goDirect(client, command, signal)
    return sendOnce(client, command, signal, sending)
  }
  try {
    const sent = send()
    // The SDK observes the signal only once it has credentials; nothing else would end the wait before that.
    const answer = await untilAborted(sent, signal, late => discard(streamOf(late.Body)))
    report?.answered(answer, true)
    watch.alive()
    const body = streamOf(answer.Body)
    try {
      const end = accept(answer) ?? into.end
      await drain(body, into, signal, bytes => watch.alive(bytes), end)
    } catch (error) {
      discard(body)
      throw error
    }
    report?.end(into.received - start)
  } catch (error) {
    report?.fail(signal.aborted ? signal.reason : error, into.received - start)
    throw error
  }
}

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
import { goDirect } from '../direct/direct-pool.js'
import { StallWatch } from '../request/stall-watch.js'
import { Sending, sendOnce } from '../request/send-once.js'

/**
 * How the bytes of answers travel: `'direct'`, over a connection of the library's own where that makes no other
 * difference than CPU time, or `'sdk'`, always by the client's own request handler.
 */
export type Transport = 'direct' | 'sdk'

/** What is read, and how patiently. */
export interface GetTarget {
  readonly client: S3Client
  readonly location: S3Location
  readonly versionId: string | undefined
  /** What the object's ETag has to be. */
  readonly etag?: string | undefined
  readonly request: GetObjectRequest
  readonly stallTimeout: number
  readonly minThroughput: number
  readonly transport?: Transport | undefined
  readonly maxAttempts: number
}

/** Called with every accepted answer; what it throws fails the read. */
export type OnInfo = (info: S3ObjectInfo) => void

/** One try of one GetObject. */
export interface GetRange {
  readonly client: S3Client
  readonly input: GetObjectCommandInput
  /** Milliseconds without a byte, from the beginning, after which the try is given up; or `Infinity`. */
  readonly stallTimeout: number
  /** The least rate at which bytes may come, in bytes a second over `stallTimeout`; 0 for none. */
  readonly minThroughput: number
  readonly signal: AbortSignal
  /** The way that the bytes go. @defaultValue `'direct'` */
  readonly transport?: Transport | undefined
  /** Where the bytes go. */
  readonly into: RangeBuffer
  /**
   * Looks at the head of the answer; throws where it is not what `into` waits for. Returns one past the last byte that
   * the body is to hold, where that is not the end of `into`.
   */
  readonly accept: (answer: GetObjectCommandOutput) => number | undefined
}

/**
 * Asks once and reads the answer into memory, as fast as it comes. Resolves when the body has ended and has held what
 * it should; rejects with the SDK's error, with one that is classified like it, with what `accept` threw, or with an
 * `AbortError`. The buffer then holds what came before.
 */
export async function getRange(one: GetRange): Promise<void> {
  const { client, stallTimeout, minThroughput } = one
  await oneTry(one.signal, async attempt => {
    const onStall = (drip?: string) => attempt.abort(stalled(stallTimeout, drip))
    const sending = new Sending(client)
    const watch = new StallWatch(client, sending, stallTimeout, onStall, minThroughput)
    try {
      await run(one, attempt.signal, watch, sending)
    } finally {
      watch.stop()
    }
  })
}

async function run(
  { client, input, into, accept, transport = 'direct' }: GetRange,
  signal: AbortSignal,
  watch: StallWatch,
  sending: Sending,
) {
  const command = new GetObjectCommand(input)
  if (transport === 'direct') goDirect(client, command, signal)
  const sent = sendOnce(client, command, signal, sending)
  // The SDK heeds the signal from the moment that it has credentials; before that, nothing would end the wait.
  const answer = await untilAborted(sent, signal, late => discard(streamOf(late.Body)))
  watch.alive()
  const body = streamOf(answer.Body)
  try {
    const end = accept(answer) ?? into.end
    await drain(body, into, signal, bytes => watch.alive(bytes), end)
  } catch (error) {
    discard(body)
    throw error
  }
}

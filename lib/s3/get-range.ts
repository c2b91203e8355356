import {
  GetObjectCommand,
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { abortError, untilAborted } from '../io/abort-error.js'
import type { RangeBuffer } from '../io/range-buffer.js'
import { StallWatch } from '../io/stall-watch.js'
import { discard, drain, streamOf, transient } from './body.js'
import { goDirect } from './direct-route.js'
import { sendOnce } from './send.js'

/** One try of one GetObject. */
export interface GetRange {
  readonly client: S3Client
  readonly input: GetObjectCommandInput
  /** Milliseconds without a byte, from the beginning, after which the try is given up; or `Infinity`. */
  readonly stallTimeout: number
  readonly signal: AbortSignal
  /** Where the bytes go. */
  readonly into: RangeBuffer
  /** Looks at the head of the answer; throws where it is not what `into` waits for. */
  readonly accept: (answer: GetObjectCommandOutput) => void
}

/**
 * Asks once and reads the answer into memory, as fast as it comes. Resolves when the buffer is complete and the body
 * has ended; rejects with the SDK's error, with one that is classified like it, with what `accept` threw, or with an
 * `AbortError`. The buffer then holds what came before.
 */
export async function getRange(one: GetRange): Promise<void> {
  const { signal, stallTimeout } = one
  if (signal.aborted) throw abortError(signal)
  const attempt = new AbortController()
  const giveUp = () => attempt.abort(abortError(signal))
  signal.addEventListener('abort', giveUp, { once: true })
  const watch = new StallWatch(stallTimeout, () =>
    attempt.abort(
      transient('TimeoutError', `No byte came for ${stallTimeout} ms, and the request was given up`),
    ),
  )
  try {
    await run(one, attempt.signal, watch)
  } catch (error) {
    // However the SDK and the socket say it: this is why.
    throw attempt.signal.aborted ? (attempt.signal.reason as Error) : error
  } finally {
    watch.stop()
    signal.removeEventListener('abort', giveUp)
  }
}

async function run({ client, input, into, accept }: GetRange, signal: AbortSignal, watch: StallWatch) {
  const command = new GetObjectCommand(input)
  goDirect(client, command, signal)
  const sent = sendOnce(client, command, signal)
  // The SDK heeds the signal from the moment that it has credentials; before that, nothing would end the wait.
  const answer = await untilAborted(sent, signal, late => discard(streamOf(late.Body)))
  watch.alive()
  const body = streamOf(answer.Body)
  try {
    accept(answer)
    await drain(body, into, signal, () => watch.alive())
  } catch (error) {
    discard(body)
    throw error
  }
}

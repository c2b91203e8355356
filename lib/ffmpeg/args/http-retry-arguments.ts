import type { FfmpegLogEntry } from '../log/log.js'

/**
 * Arguments for an input read over HTTP; none for a pipe. They follow the user's own arguments, because they must
 * hold.
 *
 * They make ffmpeg retry a request until it gets a response. By default, when a demuxer seeks and the connection fails
 * or closes without a response, ffmpeg takes that for the end of its input: it exits 0 with half of the output. Its own
 * retry closes that hole: while it retries, it neither reads on nor ends. Tested on 5.1, 7.1 and 9.0 with closed, reset
 * and refused connections. It waits 0, 1, 3, 7, 15 … s between attempts, and from 7.1 on gives up after 256 s; a job
 * that reaches {@link LAST_WAIT} has failed long before.
 */
export function retryArguments(protocols: readonly string[]): string[] {
  if (!protocols.includes('http')) return []
  return ['-reconnect_on_network_error', '1', '-reconnect_delay_max', String(MAX_DELAY)]
}

/** ffmpeg's maximum, in seconds. */
const MAX_DELAY = 4294

/** ffmpeg's wait, in seconds, after five failed attempts in 11 s: no response will come. */
const LAST_WAIT = 15

/** Whether a log line shows that ffmpeg retried an input several times without a response. */
export function isUnanswered({ component = '', message }: FfmpegLogEntry): boolean {
  if (!component.startsWith('http')) return false
  const [, wait] = /^Will reconnect at \d+ in (\d+) second/.exec(message) ?? []
  return wait !== undefined && Number(wait) >= LAST_WAIT
}

import type { FfmpegLogEntry } from '../log/log.js'

/**
 * Arguments of an input that is read over HTTP; none of one that is read from a pipe. They stand behind the user's own:
 * they must hold.
 *
 * The input is asked for again until it is answered. By itself ffmpeg takes a connection that
 * could not be made, or was closed unanswered, for the end of its input wherever a demuxer jumps: it exits with 0, and
 * what it wrote is the half of it. Its own retry closes that hole for good: as long as it tries, it neither reads on
 * nor ends. Tried on 5.1, 7.1 and 9.0, with connections closed, reset and refused. It waits 0, 1, 3, 7, 15 … s between
 * two tries, and from 7.1 on gives up after 256 s; a job that comes to {@link LAST_WAIT} has failed long before.
 */
export function retryArguments(protocols: readonly string[]): string[] {
  if (!protocols.includes('http')) return []
  return ['-reconnect_on_network_error', '1', '-reconnect_delay_max', String(MAX_DELAY)]
}

/** The most that ffmpeg takes, in seconds. */
const MAX_DELAY = 4294

/** ffmpeg's wait, in seconds, at which it has tried five times in 11 s: it is not going to be answered. */
const LAST_WAIT = 15

/** Whether a line of the log says that an input was asked for again and again, and never answered. */
export function isUnanswered({ component = '', message }: FfmpegLogEntry): boolean {
  if (!component.startsWith('http')) return false
  const [, wait] = /^Will reconnect at \d+ in (\d+) second/.exec(message) ?? []
  return wait !== undefined && Number(wait) >= LAST_WAIT
}

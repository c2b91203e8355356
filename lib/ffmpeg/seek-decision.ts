import type { Box } from '../mp4/boxes.js'
import { BoxReader } from '../mp4/box-reader.js'
import { interleaveDistance } from '../mp4/interleave.js'
import { MiB } from '../options.js'
import { readArguments } from './argument-list.js'
import { containerOf, metadataEnd } from './cover-art.js'
import { MAX_PREVIEW_BYTES } from './preview.js'

/**
 * When an input that can be read in order is better read by address.
 *
 * - Arguments that jump: on a pipe ffmpeg reads everything up to `-ss`; `-sseof` and `-stream_loop` it can't do at all.
 * - Tracks that lie far apart: on a pipe ffmpeg takes packets in the order of the file, and its muxer has to hold those
 *   of one track until the other's come. What players can bear is about a second, some MiB at high bit rates.
 */

/** How far apart the tracks of an MP4 may lie for the same moment to be read from a pipe, in bytes. */
const MAX_DISTANCE = 8 * MiB

const JUMPS = new Set(['ss', 'sseof', 'to', 'stream_loop'])
/** Those that a pipe can't serve at all. */
const IMPOSSIBLE = new Set(['sseof', 'stream_loop'])

/** The argument of an input that makes ffmpeg jump in it, where there is one. */
export function jumpOf(
  args: readonly string[],
): { readonly token: string; readonly needsSeek: boolean } | undefined {
  const jumps = readArguments(args, 'input.args').filter(({ name }) => JUMPS.has(name))
  const jump = jumps.find(({ name }) => IMPOSSIBLE.has(name)) ?? jumps[0]
  return jump && { token: jump.tokens[0]!, needsSeek: IMPOSSIBLE.has(jump.name) }
}

/** How many bytes of the head are wanted to see how far apart the tracks lie: up to the end of an index in front. */
export function interleaveBytes(head: Buffer): number {
  if (containerOf(head) !== 'mp4') return 0
  const end = metadataEnd(head)
  return end > MAX_PREVIEW_BYTES ? 0 : end
}

/** Whether the tracks of an MP4 with its index in front lie too far apart to be read in order. */
export function isFarApart(head: Buffer): boolean {
  if (interleaveBytes(head) === 0) return false
  let moov: Box | undefined
  const boxes = new BoxReader(
    {
      onBox: ({ type }) => (type === 'moov' && moov === undefined ? 'collect' : 'pass'),
      onCollected: box => (moov = box),
      onPassed: () => undefined,
    },
    MAX_PREVIEW_BYTES,
  )
  try {
    boxes.write(head)
    return moov !== undefined && interleaveDistance(moov) > MAX_DISTANCE
  } catch {
    // A broken index is for ffmpeg to judge.
    return false
  }
}

import { COMPLEX_GRAPHS, SIMPLE_GRAPHS, filtersOf } from './filtergraph.js'
import { parseArguments } from './parse-arguments.js'

/**
 * On a pipe, ffmpeg writes each packet by itself (a frame of MP3 is 288 bytes), because somebody may wait for it; in a
 * file it fills a buffer first. Each write costs it a system call, and wakes us. Media that exists already is read as
 * fast as it is encoded, and nobody waits for a packet: there ffmpeg fills its buffer of 32 KiB, unless the user's own
 * `-flush_packets` says otherwise. With a live source, packets pass as they are made.
 *
 * MP4 is left alone: ffmpeg writes a fragment as a whole in any case.
 *
 * Source: `libavformat/mux.c` (`flush_packets`), `libavformat/aviobuf.c` (`AVIO_DATA_MARKER_FLUSH_POINT`,
 * `min_packet_size`).
 */
export const FILL_BUFFER: readonly string[] = ['-flush_packets', '0']

/** Options that read an input at the speed at which it plays. */
const PACES = new Set(['re', 'readrate'])
/** Filters that do. */
const PACING_FILTERS = new Set(['realtime', 'arealtime'])

/** Whether arguments make ffmpeg work at the speed at which the media plays, as for a live audience. */
export function isPaced(args: readonly string[], option: string): boolean {
  return parseArguments(args, option).some(
    ({ name, negated, value = '' }) =>
      (PACES.has(name) && !negated) ||
      ((SIMPLE_GRAPHS.has(name) || COMPLEX_GRAPHS.has(name)) &&
        filtersOf(value).some(filter => PACING_FILTERS.has(filter.name))),
  )
}

import type { FfmpegLogEntry } from '../log/log.js'

/**
 * Counts the packets of each output, from the statistics at the end of ffmpeg's log.
 *
 *     5.1                                                   6 and later
 *     [info] video:0kB audio:3kB … muxing overhead: 2.7%    [out#0/mp4 @ 0x1] [info] video:0KiB audio:3KiB …
 *     [verbose] Output file #0 (pipe:1):
 *     [verbose]   Output stream #0:0 (audio): 9 packets muxed (3000 bytes);       (the same, by the component)
 *     [verbose]   Total: 9 packets (3000 bytes) muxed                             (the same)
 *     [out#0/mp4 @ 0x1] [warning] Output file is empty, …
 *
 * The statistics state the same facts several times, so a later version may reword one of these lines. They come last
 * and override earlier text of the media that looks like them.
 */
export class MuxedPackets {
  readonly #totals = new Map<number, { readonly packets: number; readonly bytes: number }>()
  readonly #streams = new Map<number, Map<string, number>>()
  readonly #sums = new Map<number, boolean>()
  readonly #empty = new Set<number>()
  readonly #silent = new Set<string>()
  #output = 0
  #isStarved = false

  /** Looks at the next entry of the log. */
  see(entry: FfmpegLogEntry): void {
    if (entry.continued) return
    const [, named] = /^out#(\d+)$/.exec(entry.scope ?? '') ?? []
    if (named !== undefined) this.#output = Number(named)
    if (entry.level === 'verbose') this.#readCount(entry.message)
    // In 5.1 one sum covers all outputs.
    else if (entry.level === 'info') this.#readSum(entry.message, named === undefined ? 0 : this.#output)
    else if (entry.level === 'warning' && STARVED.test(entry.message)) this.#isStarved = true
    else if (named !== undefined && EMPTY.test(entry.message)) this.#empty.add(this.#output)
  }

  /** Streams of inputs, by `input:stream`, for which ffmpeg reports no packets. */
  get silentInputs(): ReadonlySet<string> {
    return this.#silent
  }

  /** Whether an encoder was opened without any frame: its messages are then not the cause. */
  get isStarved(): boolean {
    return this.#isStarved
  }

  /**
   * Packets of an output; `undefined` if the log does not say. A number above 0 only proves that there were some.
   *
   * @param output - its index
   * @param isOnly - whether it is the only one
   */
  countOf(output: number, isOnly: boolean): number | undefined {
    const streams = this.#streams.get(output)
    const total = this.#totals.get(output)
    if (streams && (total === undefined || total.bytes === 0)) return sum([...streams.values()])
    if (total) return total.packets
    if (this.#empty.has(output)) return 0
    const hasMedia = isOnly ? this.#sums.get(output) : undefined
    return hasMedia === undefined ? undefined : Number(hasMedia)
  }

  #readCount(message: string): void {
    const [, silent] = SILENT.exec(message) ?? []
    if (silent !== undefined) this.#silent.add(silent)
    const [, file] = /^Output file #(\d+) /.exec(message) ?? []
    if (file !== undefined) this.#output = Number(file)
    const [, total, size] = /^ *Total: (\d+) packets \((\d+) bytes\) muxed$/.exec(message) ?? []
    if (total !== undefined) this.#totals.set(this.#output, { packets: Number(total), bytes: Number(size) })
    const [, output, stream, kind, packets, bytes] = STREAM.exec(message) ?? []
    if (output === undefined) return
    const streams = this.#streams.get(Number(output)) ?? new Map<string, number>()
    // Encoders close with a packet of side data only (FLAC); a cue without text is a cue.
    const count = bytes === '0' && (kind === 'audio' || kind === 'video') ? 0 : Number(packets)
    this.#streams.set(Number(output), streams.set(stream!, count))
  }

  /** Reads rounded sizes in KiB; the overhead is known if the output is not smaller than its media. */
  #readSum(message: string, output: number): void {
    const [, sizes, overhead] = SUM.exec(message) ?? []
    if (sizes === undefined) return
    this.#sums.set(output, overhead !== 'unknown' || /:[1-9]/.test(sizes))
  }
}

const STREAM =
  /^ *Output stream #(\d+):(\d+) \((\w+)\): (?:\d+ frames encoded.*; )?(\d+) packets muxed \((\d+) bytes\);?$/
/** `Input stream #0:1 (audio): 0 packets read (0 bytes);` for streams in use. */
const SILENT = /^ *Input stream #(\d+:\d+) \(\w+\): 0 packets read \(0 bytes\)/
const SUM = /^(video:\d+\w+ audio:\d+\w+ .*?)muxing overhead: (unknown|[\d.]+%)$/
const EMPTY = /^(?:Output file is empty|Nothing was written into output file)\b/
const STARVED = /^No filtered frames for output stream\b/

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}

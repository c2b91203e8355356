import type { FfmpegLogEntry } from '../log/log.js'

/**
 * Reads what ffmpeg reports about its streams before it starts: the streams of each input, and where each goes.
 *
 *     Input #0, mpegts, from 'pipe:0':
 *       Stream #0:1[0x101](und): Audio: aac (LC) ([15][0][0][0] / 0x000F), 48000 Hz, stereo, fltp
 *     Stream mapping:
 *       Stream #0:1 -> #0:0 (copy)
 *
 * Texts of the media are printed between these, always indented; a header is not.
 */

/** A stream of an input. */
export interface InputStream {
  /** `Video`, `Audio`, `Subtitle`, `Data` or `Attachment`. */
  readonly kind: string
  /** ffmpeg's name of the codec: `aac`. */
  readonly codec: string
  /** Whether it is an attached picture, not video. */
  readonly isCover: boolean
}

/** The key of a stream of an input, as `-map` writes it. */
export function streamKey(input: number, stream: number): string {
  return `${input}:${stream}`
}

/** One line of the stream mapping, to a stream of an output. */
export interface Mapping {
  /** Index of the input; −1 for the result of a filter graph. */
  readonly input: number
  /** Index of the stream within it; −1 likewise. */
  readonly inputStream: number
  /** Index of the output. */
  readonly output: number
  /** Index of the stream within it. */
  readonly outputStream: number
  /** Whether its packets are copied. */
  readonly isCopy: boolean
}

const STREAM = /^ {2,4}Stream #(\d+):(\d+)(?:\[0x[\da-f]+\])?(?:\([^)]*\))?: (\w+): (\w+)(.*)$/s
const MAPPING = /^ {2}Stream #(\d+):(\d+) -> #(\d+):(\d+) \((.*)\)$/s
// `Stream #0:0 (h264) -> scale:default`
const INTO_FILTER = /^ {2}Stream #(\d+):(\d+) \([^)]*\) -> (?!#)/
// `scale:default -> Stream #0:0 (libx264)`
const FILTERED = /^ {2}\S.* -> Stream #(\d+):(\d+) \(/s
// Every supported version prints it. A cover's clock (90 kHz) proves nothing: the Motion JPEG of an IP camera has the
// same one.
const COVER = /\(attached pic\)/

/** Reads the report from the log. */
export class StreamMapping {
  /** Streams of the inputs, by `input:stream`. */
  readonly streams = new Map<string, InputStream>()
  /** The mapping, in ffmpeg's order. */
  readonly mappings: Mapping[] = []
  /** Streams of the inputs that go into a filter graph with several inputs or outputs, by `input:stream`. */
  readonly filtered = new Set<string>()
  #section: 'input' | 'output' | 'mapping' | 'other' = 'other'
  /** Streams of the outputs: version 5 lists them first, and prints nothing after the mapping until it reads media. */
  #outputStreams = 0
  #isComplete = false

  /** Whether the mapping was read to its end. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** ffmpeg has started working: no more lines will come. */
  close(): void {
    if (this.mappings.length > 0) this.#isComplete = true
  }

  /** The stream at the start of a line of the mapping. */
  streamOf({ input, inputStream }: Mapping): InputStream | undefined {
    return this.streams.get(streamKey(input, inputStream))
  }

  /** Takes the next entry of the log. */
  push({ message }: FfmpegLogEntry): void {
    if (!message.startsWith(' ')) this.#enter(message)
    else if (this.#section === 'input') this.#readStream(message)
    else if (this.#section === 'output') this.#outputStreams += Number(STREAM.test(message))
    else if (this.#section === 'mapping') this.#readMapping(message)
  }

  #enter(header: string): void {
    if (this.#section === 'mapping') this.#isComplete = true
    if (/^Input #\d+, /.test(header)) this.#section = 'input'
    else if (/^Output #\d+, /.test(header)) this.#section = 'output'
    else this.#section = header === 'Stream mapping:' ? 'mapping' : 'other'
  }

  #readStream(line: string): void {
    const [, input, stream, kind, codec, rest] = STREAM.exec(line) ?? []
    const key = streamKey(Number(input), Number(stream))
    // The first entry counts: a later one under the same number would be a text of the media.
    if (kind === undefined || this.streams.has(key)) return
    const isCover = kind === 'Video' && COVER.test(rest!)
    this.streams.set(key, { kind, codec: codec!, isCover })
  }

  #readMapping(line: string): void {
    const [, input, inputStream, output, outputStream, how] =
      MAPPING.exec(line) ?? filtered(FILTERED.exec(line)) ?? []
    if (how === undefined) {
      const [, from, stream] = INTO_FILTER.exec(line) ?? []
      if (from !== undefined) this.filtered.add(streamKey(Number(from), Number(stream)))
      return
    }
    this.mappings.push({
      input: Number(input),
      inputStream: Number(inputStream),
      output: Number(output),
      outputStream: Number(outputStream),
      isCopy: how === 'copy',
    })
    if (this.mappings.length === this.#outputStreams) this.#isComplete = true
  }
}

/** The same fields for the result of a filter graph. */
function filtered(match: RegExpExecArray | null): string[] | undefined {
  return match ? ['', '-1', '-1', match[1]!, match[2]!, 'filtered'] : undefined
}

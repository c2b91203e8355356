import type { FfmpegLogEntry } from '../log/log.js'
import { type DumpedStream, readStreamLine } from './dump-stream-line.js'
import type { MediaChapter, MediaFormat, MediaStreamInfo } from './media-info.js'
import { parseMediaTime } from '../log/media-time.js'

/**
 * What ffmpeg itself says of its input, read where there is no ffprobe (libavformat/dump.c):
 *
 *     Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'pipe:0':
 *       Metadata:
 *         title           : A title
 *       Duration: 00:00:10.00, start: 0.000000, bitrate: 1796 kb/s
 *       Chapters:
 *         Chapter #0:0: start 0.000000, end 5.000000
 *           Metadata:
 *             title           : One
 *       Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p, 640x360, 1794 kb/s, 25 fps, … (default)
 *         Metadata:
 *           handler_name    : VideoHandler
 *         Side data:
 *           displaymatrix: rotation of -90.00 degrees     (9.0: `Display Matrix`)
 *
 * Values of tags stand deeper than any of these lines, and a line feed in one is printed with their indentation: an
 * untrusted title can't pass for a stream. The names of tags and the languages of streams are printed as they are,
 * though, and a line feed in one is followed by arbitrary text, including `[info]`. So nothing read
 * here is certain: the streams are checked against the roster ({@link withRoster} in framecrc-header.ts).
 */

const CHAPTER = /^ {4}Chapter #(\d+):\d+: start (-?[\d.]+), end (-?[\d.]+)$/

type Tags = Record<string, string>
type Open<T> = { -readonly [K in keyof T]: T[K] }

/** Reads the dump of one input from the log: the first one, unless another is named. */
export class InputDump {
  readonly #input: number
  readonly #streams: DumpedStream[] = []
  readonly #chapters: { readonly start: number; readonly end: number; readonly tags: Tags }[] = []
  #format: (Open<MediaFormat> & { tags: Tags }) | undefined
  #isOver = false
  /** The object to which tags currently belong, and their indentation. */
  #tags: { readonly into: Tags; readonly depth: number; last?: string } | undefined
  #owner: { tags: Tags } | undefined

  constructor(input = 0) {
    this.#input = input
  }

  /** The content of the dump; `undefined` if there was none. */
  get info(): { format: MediaFormat; streams: MediaStreamInfo[]; chapters: MediaChapter[] } | undefined {
    if (this.#format === undefined) return undefined
    const chapters = this.#chapters.map(chapter => {
      const { title } = chapter.tags
      return title === undefined ? chapter : { ...chapter, title }
    })
    return { format: this.#format, streams: this.#streams, chapters }
  }

  /** Takes the next entry of the log. */
  push({ level, message, component, continued }: FfmpegLogEntry): void {
    if (level !== 'info' || component !== undefined || this.#isOver) return
    if (continued) this.#goOn(message)
    else if (!message.startsWith(' ')) this.#header(message)
    else if (this.#format !== undefined) this.#line(message, this.#format)
  }

  #header(message: string): void {
    const [, number, names] = /^Input #(\d+), (.+), from /.exec(message) ?? []
    if (names === undefined || Number(number) !== this.#input || this.#format !== undefined) {
      this.#isOver = this.#format !== undefined
      return
    }
    this.#format = { names: names.split(','), tags: {} }
    this.#owner = this.#format
  }

  /** Adds the next line to a tag's value. */
  #goOn(line: string): void {
    const [, more] = /^ +: (.*)$/s.exec(line) ?? []
    const { into, last } = this.#tags ?? {}
    if (more !== undefined && into && last !== undefined) into[last] = `${into[last]!}\n${more}`
  }

  #line(line: string, format: Open<MediaFormat>): void {
    const depth = line.length - line.trimStart().length
    if (this.#tags !== undefined && depth >= this.#tags.depth) {
      const [name, value] = readTag(line) ?? []
      delete this.#tags.last
      if (name === undefined || Object.hasOwn(this.#tags.into, name)) return
      Object.defineProperty(this.#tags.into, name, { value, enumerable: true, writable: true })
      this.#tags.last = name
      return
    }
    this.#tags = undefined
    const stream = readStreamLine(line, this.#input)
    const chapter = CHAPTER.exec(line)
    const angle = /^\s+(?:displaymatrix|Display Matrix): rotation of (-?[\d.]+) degrees$/.exec(line)
    if (/^ +Metadata:$/.test(line)) {
      if (this.#owner) this.#tags = { into: this.#owner.tags, depth: depth + 2 }
    } else if (line.startsWith('  Duration: ')) {
      readDuration(line, format)
    } else if (stream) {
      this.#streams.push(stream)
      this.#owner = stream
    } else if (chapter && Number(chapter[1]) === this.#input) {
      const read = { start: Number(chapter[2]), end: Number(chapter[3]), tags: {} }
      this.#chapters.push(read)
      this.#owner = read
    } else if (/^ {2}(?:Program|Stream group) /.test(line)) {
      // Tags of a program belong to nothing here.
      this.#owner = undefined
    } else if (angle) {
      const last = this.#streams.at(-1)
      if (last) last.rotation = (((Math.round(Number(angle[1]) / -90) % 4) + 4) % 4) * 90
    }
  }
}

/**
 * `  title           : A title`: the name ends at the first colon. Parsed by hand: a regular expression would try every
 * position where the spaces before the colon could begin, and a malicious file can name a tag with thousands of spaces.
 */
function readTag(line: string): [name: string, value: string] | undefined {
  const colon = line.indexOf(':')
  if (colon < 0 || line[colon + 1] !== ' ') return undefined
  const name = line.slice(0, colon).trim()
  return name === '' ? undefined : [name, line.slice(colon + 2)]
}

function readDuration(line: string, format: Open<MediaFormat>): void {
  const [, duration, start, rate] =
    /^ {2}Duration: ([\d:.]+|N\/A)(?:, start: (-?[\d.]+))?(?:, bitrate: (\d+) kb\/s)?/.exec(line) ?? []
  const seconds = duration === undefined ? undefined : parseMediaTime(duration)
  if (seconds !== undefined) format.duration = seconds
  if (start !== undefined) format.startTime = Number(start)
  if (rate !== undefined) format.bitRate = Number(rate) * 1000
}

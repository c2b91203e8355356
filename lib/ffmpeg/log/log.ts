import { LineSplitter } from './line-splitter.js'

/**
 * Parses ffmpeg's stderr under `-loglevel level+…`, which puts a level in front of every message:
 *
 *     [mov,mp4,m4a,3gp,3g2,mj2 @ 0x5640] [error] moov atom not found
 *     [info]   Duration: 00:00:05.00, start: 0.000000, bitrate: N/A
 *
 * A message may contain line feeds, and the text after one carries no level: such a line belongs to the one before it.
 * ffmpeg also prints titles, comments and other texts of the media (at level `info`); they are untrusted, so the
 * text alone proves nothing.
 */

/** ffmpeg's log levels, most severe first; `unknown` for lines of other programs (a wrapper, a loader). */
export type FfmpegLogLevel =
  'panic' | 'fatal' | 'error' | 'warning' | 'info' | 'verbose' | 'debug' | 'trace' | 'unknown'

/** One line of ffmpeg's stderr. */
export interface FfmpegLogEntry {
  /** ffmpeg's severity. */
  readonly level: FfmpegLogLevel
  /** The line without level and component, truncated to 4 KiB. */
  readonly message: string
  /** The part of ffmpeg that wrote it, if known: a demuxer, codec, filter … (`matroska,webm`, `libx264`). */
  readonly component?: string
  /** The input, output or stream concerned, if known (since ffmpeg 6): `in#0`, `out#1`, `vost#0:0`. */
  readonly scope?: string
  /** The line has no level of its own: it continues the message before it. */
  readonly continued?: true
}

/** The longest line that is kept in full, in bytes. */
export const MAX_LOG_LINE = 4096

const LEVEL = 'panic|fatal|error|warning|info|verbose|debug|trace'
// A component may follow its parent; the last one wrote the line.
const LINE = new RegExp(
  `^((?:\\[[^[\\]@]{1,200} @ (?:0x)?[0-9a-fA-F]+\\] ){0,3})\\[(${LEVEL})\\] ?(.*)$`,
  's',
)
/** x264 and x265 write their own format until ffmpeg configures them. */
const LIBRARY = /^(x26[45]) \[(error|warning)\]: (.*)$/s
/**
 * Later versions name an input, output or stream, and then the component that works on it: `in#0/mov,mp4`,
 * `enc:libx264`.
 */
const SCOPE = /^((?:in|out|fc|[avsdt]?[io]st|[av]f)#[-\d:]+)(?:\/(.+))?$/
const ROLE = /^(?:enc|dec):(?=.)/

/** Parses one line; `before` is the entry of the previous line. */
export function parseLogLine(line: string, before?: FfmpegLogEntry): FfmpegLogEntry {
  // Every other byte of an untrusted title may be a line feed: don't run the pattern on lines that begin otherwise.
  const match = line.startsWith('[') ? LINE.exec(line) : null
  if (match) {
    const [, components, level, message] = match
    const speaker = components === '' ? {} : speakerOf(components!)
    return { level: level as FfmpegLogLevel, message: message!.trimEnd(), ...speaker }
  }
  const [, library, level, message] = (line.startsWith('x26') && LIBRARY.exec(line)) || []
  if (library !== undefined) {
    return { level: level as FfmpegLogLevel, message: message!.trimEnd(), component: library }
  }
  if (before === undefined || before.level === 'unknown') return { level: 'unknown', message: line }
  return { ...before, message: line, continued: true }
}

/** Unifies the versions: the demuxer, codec or filter is the component, whatever it works on. */
function speakerOf(components: string): Pick<FfmpegLogEntry, 'component' | 'scope'> {
  const names = Array.from(components.matchAll(/\[([^[\]@]+) @ /g), ([, name]) => name!)
  const scope = names.map(name => SCOPE.exec(name)?.[1]).findLast(Boolean)
  const last = names.at(-1)!
  const component = SCOPE.exec(last)?.[2] ?? last.replace(ROLE, '')
  return { component, ...(scope !== undefined && { scope }) }
}

/**
 * The most lines without a level per chunk. That covers all of the 64 KiB that a pipe delivers at a time, unless they
 * have 16 bytes or less: a text consisting of line feeds would take long.
 */
const MAX_PLAIN_LINES = 4096
/** The beginning of a line with a level, including the previous line's end. */
const LEVELED = '\n['

/** The part of the log that an error shows. */
const TAIL = { lines: 40, bytes: 8192 }

/** Reads a log, passes its entries on and keeps its last lines. */
export class LogReader {
  readonly #lines: LineSplitter
  #before: FfmpegLogEntry | undefined
  #tail: string[] = []
  #tailLength = 0
  #plainLines = 0

  /**
   * @param onEntry - receives each entry
   * @param isHidden - whether to omit an entry from the tail
   */
  constructor(onEntry: (entry: FfmpegLogEntry) => void, isHidden?: (entry: FfmpegLogEntry) => boolean) {
    this.#lines = new LineSplitter(MAX_LOG_LINE, line => {
      if (!line.startsWith('[')) this.#plainLines++
      if (line.trim() === '') return
      this.#before = parseLogLine(line, this.#before)
      if (isHidden?.(this.#before) !== true) this.#keep(line)
      onEntry(this.#before)
    })
  }

  /** Takes the next bytes of stderr. */
  push(chunk: Buffer): void {
    this.#plainLines = 0
    this.#lines.push(chunk, start => {
      if (this.#plainLines < MAX_PLAIN_LINES) return start
      const end = chunk.indexOf(LEVELED, start - 1)
      return end === -1 ? chunk.lastIndexOf('\n') + 1 : end + 1
    })
  }

  /** Ends stderr. */
  end(): void {
    this.#lines.end()
  }

  /** The last lines: at most 40, and no more than about 8 KiB. */
  get tail(): string {
    return this.#tail.join('\n')
  }

  #keep(line: string): void {
    this.#tail.push(line)
    this.#tailLength += line.length
    while (this.#tail.length > TAIL.lines || (this.#tailLength > TAIL.bytes && this.#tail.length > 1)) {
      this.#tailLength -= this.#tail.shift()!.length
    }
  }
}

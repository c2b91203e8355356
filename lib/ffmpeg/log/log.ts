import { LineSplitter } from './line-splitter.js'

/**
 * ffmpeg's stderr, read under `-loglevel level+…`, which puts a level in front of every message:
 *
 *     [mov,mp4,m4a,3gp,3g2,mj2 @ 0x5640] [error] moov atom not found
 *     [info]   Duration: 00:00:05.00, start: 0.000000, bitrate: N/A
 *
 * A message may hold line feeds, and what follows one carries no level: such a line goes with the one before it.
 * Titles, comments and other texts of the media are printed too (at level `info`); they are somebody else's words,
 * so that nothing may be concluded from the text alone.
 */

/** ffmpeg's log levels, most severe first; `unknown` for lines that are not ffmpeg's (a wrapper's, a loader's). */
export type FfmpegLogLevel =
  'panic' | 'fatal' | 'error' | 'warning' | 'info' | 'verbose' | 'debug' | 'trace' | 'unknown'

/** One line that ffmpeg wrote to stderr. */
export interface FfmpegLogEntry {
  /** How severe ffmpeg takes it to be. */
  readonly level: FfmpegLogLevel
  /** The line without level and component, cut at 4 KiB. */
  readonly message: string
  /** Which part of ffmpeg speaks: a demuxer, codec, filter … (`matroska,webm`, `libx264`), where it is told. */
  readonly component?: string
  /** Which input, output or stream it is about, where it is told (since ffmpeg 6): `in#0`, `out#1`, `vost#0:0`. */
  readonly scope?: string
  /** The line carried no level of its own: it goes on with the message before it. */
  readonly continued?: true
}

/** The longest line that is kept whole, in bytes. */
export const MAX_LOG_LINE = 4096

// A component may come with its parent before it; the last one speaks.
const LINE =
  /^((?:\[[^[\]@]{1,200} @ (?:0x)?[0-9a-fA-F]+\] ){0,3})\[(panic|fatal|error|warning|info|verbose|debug|trace)\] ?(.*)$/s
/** x264 and x265 speak for themselves before ffmpeg has told them how. */
const LIBRARY = /^(x26[45]) \[(error|warning)\]: (.*)$/s
/**
 * Later versions name an input, an output or a stream, and behind it what works on it: `in#0/mov,mp4`, `enc:libx264`.
 */
const SCOPE = /^((?:in|out|fc|[avsdt]?[io]st|[av]f)#[-\d:]+)(?:\/(.+))?$/
const ROLE = /^(?:enc|dec):(?=.)/

/** Reads one line; `before` is the entry of the line before it. */
export function parseLogLine(line: string, before?: FfmpegLogEntry): FfmpegLogEntry {
  // A stranger's title may have a line for every other byte: those that begin like none of these cost no pattern.
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

/** The same for all versions: the demuxer, codec or filter is the component, whatever it works on. */
function speakerOf(components: string): Pick<FfmpegLogEntry, 'component' | 'scope'> {
  const names = Array.from(components.matchAll(/\[([^[\]@]+) @ /g), ([, name]) => name!)
  const scope = names.map(name => SCOPE.exec(name)?.[1]).findLast(Boolean)
  const last = names.at(-1)!
  const component = SCOPE.exec(last)?.[2] ?? last.replace(ROLE, '')
  return { component, ...(scope !== undefined && { scope }) }
}

/**
 * Lines without a level that are read in one chunk. Of the 64 KiB that a pipe brings at a time that is all of them,
 * unless they are of 16 bytes and less: a stranger's text of line feeds alone would take long.
 */
const MAX_PLAIN_LINES = 4096
/** What a line with a level begins with, behind the end of the one before. */
const LEVELED = '\n['

/** How much of the log an error shows. */
const TAIL = { lines: 40, bytes: 8192 }

/** Reads a log as it comes, hands on its entries and keeps its last lines. */
export class LogReader {
  readonly #lines: LineSplitter
  #before: FfmpegLogEntry | undefined
  #tail: string[] = []
  #tailLength = 0
  #plainLines = 0

  /**
   * @param onEntry - gets each entry
   * @param hidden - a level whose lines are not in the tail
   */
  constructor(onEntry: (entry: FfmpegLogEntry) => void, hidden?: FfmpegLogLevel) {
    this.#lines = new LineSplitter(MAX_LOG_LINE, line => {
      if (!line.startsWith('[')) this.#plainLines++
      if (line.trim() === '') return
      this.#before = parseLogLine(line, this.#before)
      if (this.#before.level !== hidden) this.#keep(line)
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

  /** stderr is over. */
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

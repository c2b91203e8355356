import { LineSplitter } from './lines.js'

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
  /** The line carried no level of its own: it goes on with the message before it. */
  readonly continued?: true
}

/** The longest line that is kept whole, in bytes. */
export const MAX_LOG_LINE = 4096

const COMPONENT = String.raw`\[([^[\]@]{1,200}) @ (?:0x)?[0-9a-fA-F]+\] `
const LEVEL = String.raw`\[(panic|fatal|error|warning|info|verbose|debug|trace)\] ?`
// A component may come with its parent before it; the last one speaks.
const LINE = new RegExp(`^(?:${COMPONENT}){0,3}${LEVEL}(.*)$`, 's')

/** Reads one line; `before` is the entry of the line before it. */
export function parseLogLine(line: string, before?: FfmpegLogEntry): FfmpegLogEntry {
  const match = LINE.exec(line)
  if (match) {
    const [, component, level, message] = match
    return logEntry(level as FfmpegLogLevel, message!.trimEnd(), component)
  }
  if (before === undefined || before.level === 'unknown') return logEntry('unknown', line, undefined)
  return { ...logEntry(before.level, line, before.component), continued: true }
}

function logEntry(level: FfmpegLogLevel, message: string, component: string | undefined): FfmpegLogEntry {
  return component === undefined ? { level, message } : { level, message, component }
}

/** How much of the log an error shows. */
const TAIL = { lines: 40, bytes: 8192 }

/** Reads a log as it comes, hands on its entries and keeps its last lines. */
export class LogReader {
  readonly #lines: LineSplitter
  #before: FfmpegLogEntry | undefined
  #tail: string[] = []
  #tailLength = 0

  /** @param onEntry - gets each entry */
  constructor(onEntry: (entry: FfmpegLogEntry) => void) {
    this.#lines = new LineSplitter(MAX_LOG_LINE, line => {
      if (line.trim() === '') return
      this.#keep(line)
      this.#before = parseLogLine(line, this.#before)
      onEntry(this.#before)
    })
  }

  /** Takes the next bytes of stderr. */
  push(chunk: Buffer): void {
    this.#lines.push(chunk)
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

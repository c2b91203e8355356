import type { Writable } from 'node:stream'
import { AvioError, discreet, isError } from '../../errors.js'
import type { FfmpegLogEntry } from '../../ffmpeg/log/log.js'
import type { MonitorSnapshot } from '../../io/monitor/monitor.js'
import { type ShownProgress, progressText } from './progress-text.js'

/**
 * What the command says on standard error: a live line on a terminal, a line every ten seconds elsewhere, and with
 * `--json` one JSON object a line. Queries, users and passwords of URLs are left out of all of it.
 */

/** How to report. */
export interface ReportSettings {
  readonly isJson: boolean
  /** Nothing but errors. */
  readonly isQuiet: boolean
  /** The least severe lines of ffmpeg's log to show. @defaultValue `warning` */
  readonly logLevel?: string | undefined
  /** The clock, in milliseconds. */
  readonly now?: () => number
}

/** Milliseconds between reports: of a live line, of JSON, of plain lines. */
const LIVE = 100
const JSON_LINES = 1000
const PLAIN = 10_000

const CLEAR = '\r\u001b[K'
const LEVELS = ['quiet', 'panic', 'fatal', 'error', 'warning', 'info', 'verbose', 'debug', 'trace']

/** Writes reports to standard error. */
export class Reporter {
  readonly #stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly #settings: ReportSettings
  readonly #isLive: boolean
  readonly #level: number
  #told: { readonly at: number; readonly phase: string } | undefined
  #isLineOpen = false

  constructor(
    stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number },
    settings: ReportSettings,
  ) {
    this.#stderr = stderr
    this.#settings = settings
    this.#isLive = stderr.isTTY === true && !settings.isJson
    this.#level = levelOf(settings.logLevel ?? (settings.isQuiet ? 'quiet' : 'warning'))
  }

  /**
   * How far the job is.
   *
   * @param figures - the figures of its stages, asked for only when they are reported
   */
  progress(progress: ShownProgress, figures?: () => MonitorSnapshot | undefined): void {
    const { isJson, isQuiet, now = Date.now } = this.#settings
    if (isQuiet) return
    const every = this.#isLive ? LIVE : isJson ? JSON_LINES : PLAIN
    const isDue = this.#told?.phase !== progress.phase || now() - this.#told.at >= every
    if (!isDue) return
    this.#told = { at: now(), phase: progress.phase }
    const { stages, bottleneck } = figures?.() ?? {}
    if (isJson) {
      this.#json({
        event: 'progress',
        ...progress,
        ...(stages && { stages }),
        ...(bottleneck && { bottleneck }),
      })
      return
    }
    const shown = { ...progress, ...(bottleneck && { bottleneck: bottleneck.text }) }
    if (this.#isLive) this.#live(progressText(shown, { hasBar: true, width: this.#width }))
    else this.#line(progressText(shown, { hasBar: false }))
  }

  /** A line of ffmpeg's log. */
  log({ level, message, component }: FfmpegLogEntry): void {
    const severity = LEVELS.indexOf(level === 'unknown' ? 'info' : level)
    if (severity > this.#level) return
    if (this.#settings.isJson)
      this.#json({ event: 'log', level, message, ...(component !== undefined && { component }) })
    else this.#line(`ffmpeg ${level}: ${component === undefined ? '' : `${component}: `}${message}`)
  }

  /** A sentence for people; with `--json` an event. */
  note(text: string): void {
    if (this.#settings.isQuiet || text === '') return
    if (this.#settings.isJson) this.#json({ event: 'note', message: text })
    else this.#line(text)
  }

  /** Something that happened: a sentence for people. */
  event(event: string, fields: object, text: string): void {
    if (this.#settings.isQuiet) return
    if (this.#settings.isJson) this.#json({ event, ...fields })
    else this.#line(text)
  }

  /** What was made. */
  result(result: object, text: string): void {
    if (this.#settings.isJson) this.#json({ event: 'result', ...result })
    else this.note(text)
  }

  /** Why it ended otherwise. */
  error(error: unknown, exitCode: number): void {
    const message = isError(error) ? error.message : String(error)
    if (this.#settings.isJson) {
      const json = error instanceof AvioError ? error.toJSON() : { message }
      this.#json({ event: 'error', exitCode, ...json })
      return
    }
    const code = error instanceof AvioError && error.code !== 'AVIO_ERR_OPTION' ? ` (${error.code})` : ''
    this.#line(`avio-streams: ${message}${code}`)
  }

  /** Ends the live line. */
  end(): void {
    if (this.#isLineOpen) this.#stderr.write('\n')
    this.#isLineOpen = false
  }

  /** Characters of the live line: in the last column, a terminal would begin another line. */
  get #width(): number {
    return (this.#stderr.columns ?? 80) - 1
  }

  #live(text: string): void {
    this.#stderr.write(`${CLEAR}${discreet(text).slice(0, this.#width)}`)
    this.#isLineOpen = true
  }

  #line(text: string): void {
    this.#stderr.write(`${this.#isLineOpen ? CLEAR : ''}${discreet(text)}\n`)
    this.#isLineOpen = false
  }

  #json(value: object): void {
    this.#stderr.write(
      `${JSON.stringify(value, (_key, one: unknown) => (typeof one === 'string' ? discreet(one) : one))}\n`,
    )
  }
}

/** `error`, `level+error`, or ffmpeg's number for it. */
function levelOf(value: string): number {
  const name = value.replace(/^.*\+/, '')
  return /^-?\d+$/.test(name) ? Math.floor(Number(name) / 8) + 1 : LEVELS.indexOf(name)
}

import { basename } from 'node:path'
import type { AvioError } from '../../errors.js'
import { PROCESSES } from '../../io/diagnostics/channels.js'
import type { ProcessMessage } from '../../io/diagnostics/messages.js'
import { Stopwatch } from '../../io/diagnostics/stopwatch.js'

/** A process, as {@link ProcessReport} sees it. */
interface Reported {
  readonly pid: number
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

/**
 * The life of one process, for `avio-streams:process`. Its arguments are left out: a filter, a header or a key may be a
 * secret.
 */
export class ProcessReport {
  readonly #watch = new Stopwatch()
  readonly #program: string

  private constructor(path: string) {
    this.#program = basename(path)
  }

  /** Starts to measure, before the process is started; `undefined` without a subscriber. */
  static begin(path: string): ProcessReport | undefined {
    return PROCESSES.hasSubscribers ? new ProcessReport(path) : undefined
  }

  /** The process runs. */
  started({ pid, exited }: Reported): void {
    this.#publish('start', { pid })
    void exited.then(({ code, signal }) => {
      this.#publish('exit', { pid, exitCode: code ?? undefined, signal: signal ?? undefined })
    })
  }

  /** The process could not be started. */
  failed({ code }: AvioError): void {
    this.#publish('error', { errorCode: code })
  }

  #publish(
    event: ProcessMessage['event'],
    { pid, exitCode, signal, errorCode }: Partial<ProcessMessage>,
  ): void {
    const { timing } = this.#watch
    PROCESSES.publish({ event, program: this.#program, pid, exitCode, signal, errorCode, ...timing })
  }
}

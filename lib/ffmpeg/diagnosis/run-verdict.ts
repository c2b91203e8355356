import { constants } from 'node:os'
import { FfmpegError, type FfmpegErrorCode } from '../../errors.js'
import { EXEC_FAILED } from '../child/parent-death-signal.js'
import { Diagnosis, type Finding } from './diagnosis.js'
import type { ChildExit } from '../child/ffmpeg-child.js'
import { muxerOf } from '../args/muxers.js'
import { type FfmpegLogEntry, LogReader } from '../log/log.js'
import { isAboutPipeName } from '../log/pipe-name.js'
import { MuxedPackets } from '../report/muxed-packets.js'
import { type FfmpegProgress, ProgressReader } from '../log/progress.js'

/** Receives reports during a run. */
export interface RunVerdictListener {
  onLog(entry: FfmpegLogEntry): void
  onProgress(report: FfmpegProgress): void
}

/** The command. */
export interface RunVerdictCommand {
  /** The binary. */
  readonly path: string
  /** Which program that is, for messages. @defaultValue `ffmpeg` */
  readonly program?: 'ffmpeg' | 'ffprobe'
  /** Its arguments. */
  readonly args: readonly string[]
  /** Read lines of level `verbose` without passing them on. */
  readonly hidesVerbose?: boolean
  /** Names of the inputs and outputs in errors, by the URL given to ffmpeg: inputs first, in order. */
  readonly names?: ReadonlyMap<string, string>
  /** The name of the only input in errors, if it has one. */
  readonly inputName?: string | undefined
}

/** Muxers that write output without a single packet. */
const PACKETLESS = new Set(['ffmetadata'])

/**
 * The verdict on one run of ffmpeg, judged by all evidence: exit code or signal, the whole log, the progress reports,
 * and the bytes in and out. The exit code alone proves nothing.
 */
export class RunVerdict {
  /** Takes stderr. */
  readonly log: LogReader
  /** Takes the progress reports. */
  readonly progress: ProgressReader
  /** Input bytes fed to the child. */
  bytesIn = 0
  /** Bytes received from each output. */
  outputBytes: readonly number[] = []
  readonly #command: RunVerdictCommand
  readonly #formats: readonly string[]
  readonly #diagnosis = new Diagnosis()
  /** ffmpeg has reported the outputs that it opened. */
  #isOpened = false
  #lastReport: FfmpegProgress | undefined
  readonly #muxed = new MuxedPackets()
  #interruptedBy: NodeJS.Signals | undefined
  #execFailure: string | undefined

  /**
   * @param command - the command, for messages
   * @param formats - the muxers of its outputs
   * @param listener - receives the reports
   */
  constructor(command: RunVerdictCommand, formats: readonly string[], listener: RunVerdictListener) {
    this.#command = command
    this.#formats = formats
    const hidden = command.hidesVerbose === true ? 'verbose' : undefined
    const isHidden = (entry: FfmpegLogEntry) => entry.level === hidden || isAboutPipeName(entry)
    this.log = new LogReader(entry => {
      this.#read(entry)
      if (!isHidden(entry)) listener.onLog(entry)
    }, isHidden)
    this.progress = new ProgressReader(report => {
      this.#lastReport = report
      listener.onProgress(report)
    })
  }

  /**
   * The reason for a failure, according to exit and log; `undefined` if they report success.
   *
   * @param exit - how the child ended
   * @param isMediaFirst - the media precede the input's index, so a pipe may not have sufficed
   */
  failure(exit: ChildExit, isMediaFirst: boolean): FfmpegError | undefined {
    const finding = inTheLightOf(isMediaFirst, this.#diagnosis.finding)
    const why = this.#why(finding)
    if (exit.signal !== null) return this.#killed(exit, exit.signal)
    if (this.#interruptedBy !== undefined) return this.#killed(exit, this.#interruptedBy)
    if (exit.code === 0) {
      if (this.#isUnfinished) return this.#unfinished(exit)
      if (finding?.evenAtExit0 !== true) return undefined
      return this.#error(finding.code, `${this.#program} exited with 0, but said: ${why}`, exit)
    }
    if (this.#execFailure !== undefined) {
      const message = `${this.#program} could not be started: ${this.#execFailure}`
      return this.#error('AVIO_ERR_FFMPEG_SPAWN', message, exit)
    }
    const isUnexplained = this.#diagnosis.cause === undefined || this.#muxed.isStarved
    if (finding === undefined && isUnexplained) {
      // Since version 9 an encoder that received no frames fails the run without a further message.
      const empty = this.#formats.findIndex((_, n) => this.#muxed.countOf(n, true) === 0)
      if (empty >= 0) return this.#noOutput(exit, empty)
    }
    const code = finding === undefined ? 'AVIO_ERR_FFMPEG_EXIT' : finding.code
    return this.#error(code, `${this.#program} failed with exit code ${exit.code}: ${why}`, exit, {
      retryable: finding?.retryable,
    })
  }

  /**
   * Each of ffmpeg's reports says whether it is the last one, and ffmpeg writes one at its end, however short the run.
   * If ffmpeg has opened its output and never reported the end, a wrapper script ended it, and exited with 0. A program
   * that reports nothing is trusted.
   */
  get #isUnfinished(): boolean {
    return this.#lastReport?.done === false || (this.#isOpened && this.#lastReport === undefined)
  }

  get #program(): string {
    return this.#command.program ?? 'ffmpeg'
  }

  #unfinished(exit: ChildExit): FfmpegError {
    const { outTime } = this.#lastReport ?? {}
    const place = outTime === undefined ? '' : `, at ${outTime} s,`
    const report = this.#lastReport ? `its last report${place} is not the final one` : 'it sent no report'
    return this.#error(
      'AVIO_ERR_FFMPEG_EXIT',
      `The program exited with 0, but its ffmpeg did not finish: ${report}. A wrapper script has to pass on the exit ` +
        'code of ffmpeg.',
      exit,
    )
  }

  /** Input streams without a single packet, as `input:stream`. */
  get silentInputs(): ReadonlySet<string> {
    return this.#muxed.silentInputs
  }

  /** The reason if a successful run produced no output. Call it once all output has arrived. */
  emptiness(exit: ChildExit): FfmpegError | undefined {
    const index = this.#formats.findIndex((format, n) => this.#isEmpty(format, n))
    return index < 0 ? undefined : this.#noOutput(exit, index)
  }

  #noOutput(exit: ChildExit, index: number): FfmpegError {
    const [to, input] = this.#formats.length > 1 ? [` to outputs[${index}]`, 'inputs'] : ['', 'input']
    const bytes = this.outputBytes[index] ?? 0
    return this.#error(
      'AVIO_ERR_FFMPEG_NO_OUTPUT',
      `ffmpeg exited with ${exit.code} and wrote no audio, video or subtitles${to} (${bytes} bytes, at most a ` +
        `header). Check that -ss, -t, -frames and -map select something from the ${input}.`,
      exit,
    )
  }

  /** The error for output that another process may still be writing. */
  heldOpen(exit: ChildExit): FfmpegError {
    return this.#error(
      'AVIO_ERR_FFMPEG_EXIT',
      'ffmpeg exited with 0, but its output did not end: a process that it started holds it open, or it was closed. ' +
        'The output may be incomplete.',
      exit,
    )
  }

  #read(entry: FfmpegLogEntry): void {
    this.#diagnosis.see(entry)
    this.#muxed.see(entry)
    if (entry.level === 'info' && entry.continued === undefined) {
      if (entry.component === undefined && entry.message.startsWith('Output #')) this.#isOpened = true
      const signal = /^Exiting normally, received signal (\d+)\.$/.exec(entry.message)
      if (signal) this.#interruptedBy = signalName(Number(signal[1]))
    } else if (entry.level === 'unknown' && entry.message.startsWith(EXEC_FAILED)) {
      this.#execFailure = entry.message.slice(EXEC_FAILED.length)
    }
  }

  /**
   * ffmpeg exits 0 after an input of which it needed nothing (`-ss` past its end), and leaves a header or no bytes at
   * all. The muxed packets decide: since version 6 ffmpeg reports an `out_time` even without any. For a program that
   * does not count its packets (a wrapper that drops the log), the frames of its progress decide, and then the bytes.
   */
  #isEmpty(format: string, output: number): boolean {
    const isNull = muxerOf(format).mayBeEmpty
    const bytes = this.outputBytes[output] ?? 0
    if (bytes === 0 && !isNull) return true
    if (PACKETLESS.has(format)) return false
    const isOnly = this.#formats.length === 1
    const packets = this.#muxed.countOf(output, isOnly)
    if (packets !== undefined) return packets === 0
    const { frame, outTime = 0 } = this.#lastReport ?? {}
    if (isOnly && frame !== undefined) return frame === 0
    return isNull && outTime <= 0
  }

  /** The reason: the first message that names one, and the remedy. */
  #why(finding: Finding | undefined): string {
    const { cause, lastError } = this.#diagnosis
    const entry =
      finding === undefined || finding.isVague === true ? (cause ?? finding?.entry) : finding.entry
    if (entry === undefined) {
      const last = lastError ?? this.log.tail.slice(this.log.tail.lastIndexOf('\n') + 1)
      return last === '' ? 'it wrote nothing to stderr.' : `${sentence(this.#renamed(last))} ${SEE_TAIL}`
    }
    return `${sentence(this.#named(entry, finding?.code))} ${finding === undefined ? SEE_TAIL : finding.remedy}`
  }

  /**
   * The message, with its input's name if ffmpeg gives only the input's number or only the problem.
   */
  #named(entry: FfmpegLogEntry, code?: FfmpegErrorCode): string {
    const words = this.#renamed(spoken(entry))
    const [, input] = /^in#(\d+)$/.exec(entry.scope ?? '') ?? []
    const { names, inputName } = this.#command
    const isOfInput = code === 'AVIO_ERR_FORMAT_REFUSED' || code?.startsWith('AVIO_ERR_INPUT_') === true
    const only = isOfInput ? inputName : undefined
    const name = input === undefined ? only : [...(names?.values() ?? [])][Number(input)]
    return name === undefined || words.includes(name) ? words : `${name}: ${words}`
  }

  /** Replaces ffmpeg's URLs by the names of objects. */
  #renamed(words: string): string {
    let renamed = words
    for (const [url, name] of this.#command.names ?? []) {
      // `pipe:11` contains `pipe:1`.
      renamed = renamed.split(new RegExp(`${url.replace(/\W/g, '\\$&')}(?![\\w/])`)).join(name)
    }
    return renamed
  }

  #killed(exit: ChildExit, signal: NodeJS.Signals): FfmpegError {
    const crashed = ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGSYS'].includes(signal)
    const remedy = crashed
      ? 'It crashed: try another version or build of ffmpeg, and fewer filters.'
      : signal === 'SIGKILL'
        ? 'This library did not send it: look for the out-of-memory killer in the system log, or a container limit.'
        : 'This library did not send it: another process on this machine did.'
    return this.#error('AVIO_ERR_FFMPEG_SIGNAL', `Signal ${signal} ended ${this.#program}. ${remedy}`, exit, {
      signal,
    })
  }

  #error(
    code: FfmpegErrorCode,
    message: string,
    exit: ChildExit,
    {
      signal = exit.signal,
      retryable,
    }: { signal?: NodeJS.Signals | null; retryable?: boolean | undefined } = {},
  ): FfmpegError {
    const { path, args } = this.#command
    const { bytesIn } = this
    const bytesOut = this.outputBytes.reduce((sum, bytes) => sum + bytes, 0)
    const fields = {
      exitCode: exit.code ?? undefined,
      signal: signal ?? undefined,
      stderrTail: this.log.tail,
      ffmpegPath: path,
      args,
      bytesIn,
      bytesOut,
    }
    return new FfmpegError(code, message, fields, { retryable })
  }
}

const SEE_TAIL = '"stderrTail" has its last lines.'

/** Ends with exactly one full stop. */
function sentence(words: string): string {
  return `${words.replace(/[.\s]+$/, '')}.`
}

/** The message with its component, if that is a demuxer, a codec or a filter. */
function spoken({ component = '', message }: FfmpegLogEntry): string {
  const name = component.replace(/^Parsed_(\w+)_\d+$/, '$1')
  const isName = /^[a-z][\w,() .-]*$/.test(name) && !message.includes(name)
  return isName ? `${name}: ${message}` : message
}

/** If the media come before the index, ffmpeg calls "the file" partial because it can't seek back. */
function inTheLightOf(isMediaFirst: boolean, finding: Finding | undefined): Finding | undefined {
  if (!isMediaFirst || finding?.code !== 'AVIO_ERR_INPUT_PARTIAL') return finding
  const remedy =
    'The media of this MP4 come before its index, and ffmpeg could not seek back far enough on a pipe. Write it with ' +
    'its index first ("-movflags +faststart") or fragmented.'
  return { ...finding, code: 'AVIO_ERR_INPUT_NEEDS_SEEK', remedy }
}

function signalName(number: number): NodeJS.Signals | undefined {
  const entry = Object.entries(constants.signals).find(([, value]) => value === number)
  return entry?.[0] as NodeJS.Signals | undefined
}

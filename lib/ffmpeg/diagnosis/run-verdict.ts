import { constants } from 'node:os'
import { FfmpegError, type FfmpegErrorCode } from '../../errors.js'
import { EXEC_FAILED } from '../child/parent-death-signal.js'
import { Diagnosis, type Finding } from './diagnosis.js'
import type { ChildExit } from '../child/ffmpeg-child.js'
import { muxerOf } from '../args/muxers.js'
import { type FfmpegLogEntry, LogReader } from '../log/log.js'
import { MuxedPackets } from '../report/muxed-packets.js'
import { type FfmpegProgress, ProgressReader } from '../log/progress.js'

/** Who is told while a run goes on. */
export interface RunVerdictListener {
  onLog(entry: FfmpegLogEntry): void
  onProgress(report: FfmpegProgress): void
}

/** What is run. */
export interface RunVerdictCommand {
  /** The binary. */
  readonly path: string
  /** Its arguments. */
  readonly args: readonly string[]
  /** Lines of the level `verbose` are read here and shown to nobody. */
  readonly hidesVerbose?: boolean
  /** What errors call the inputs and outputs, by the address that ffmpeg has for each: inputs first, in their order. */
  readonly names?: ReadonlyMap<string, string>
  /** What errors call the input, where it has a name and is the only one. */
  readonly inputName?: string | undefined
}

/** Muxers that write their output without a single packet. */
const PACKETLESS = new Set(['ffmetadata'])

/**
 * What became of one run of ffmpeg, judged by everything that is known of it: exit code or signal, the whole log,
 * the progress reports, and the bytes that went in and came out. The exit code alone proves nothing.
 */
export class RunVerdict {
  /** The log: stderr goes here. */
  readonly log: LogReader
  /** The progress reports go here. */
  readonly progress: ProgressReader
  /** Bytes of input that the child was fed. */
  bytesIn = 0
  /** Bytes that came from each output. */
  outputBytes: readonly number[] = []
  readonly #command: RunVerdictCommand
  readonly #formats: readonly string[]
  readonly #diagnosis = new Diagnosis()
  /** It has told which outputs it has opened. */
  #isOpened = false
  #lastReport: FfmpegProgress | undefined
  readonly #muxed = new MuxedPackets()
  #interruptedBy: NodeJS.Signals | undefined
  #execFailure: string | undefined

  /**
   * @param command - what is run, for messages
   * @param formats - the muxers of its outputs
   * @param listener - who is told
   */
  constructor(command: RunVerdictCommand, formats: readonly string[], listener: RunVerdictListener) {
    this.#command = command
    this.#formats = formats
    const hidden = command.hidesVerbose === true ? 'verbose' : undefined
    this.log = new LogReader(entry => {
      this.#read(entry)
      if (entry.level !== hidden) listener.onLog(entry)
    }, hidden)
    this.progress = new ProgressReader(report => {
      this.#lastReport = report
      listener.onProgress(report)
    })
  }

  /**
   * Why the run failed, as far as exit and log tell; `undefined` where they say that it went well.
   *
   * @param exit - how the child ended
   * @param isMediaFirst - media came before the input's index: a pipe may not have been enough for it
   */
  failure(exit: ChildExit, isMediaFirst: boolean): FfmpegError | undefined {
    const finding = inTheLightOf(isMediaFirst, this.#diagnosis.finding)
    const why = this.#why(finding)
    if (exit.signal !== null) return this.#killed(exit, exit.signal)
    if (this.#interruptedBy !== undefined) return this.#killed(exit, this.#interruptedBy)
    if (exit.code === 0) {
      if (this.#isUnfinished) return this.#unfinished(exit)
      if (finding?.evenAtExit0 !== true) return undefined
      return this.#error(finding.code, `ffmpeg exited with 0, but said: ${why}`, exit)
    }
    if (this.#execFailure !== undefined) {
      const message = `ffmpeg could not be started: ${this.#execFailure}`
      return this.#error('AVIO_ERR_FFMPEG_SPAWN', message, exit)
    }
    const isUnexplained = this.#diagnosis.cause === undefined || this.#muxed.isStarved
    if (finding === undefined && isUnexplained) {
      // Since version 9 an encoder that got no frame fails the run, and says no more than that.
      const empty = this.#formats.findIndex((_, n) => this.#muxed.countOf(n, true) === 0)
      if (empty >= 0) return this.#noOutput(exit, empty)
    }
    const code = finding === undefined ? 'AVIO_ERR_FFMPEG_EXIT' : finding.code
    return this.#error(code, `ffmpeg failed with exit code ${exit.code}: ${why}`, exit, {
      retryable: finding?.retryable,
    })
  }

  /**
   * ffmpeg closes each report with whether it was the last one, and makes one at its end, however short it ran. Where
   * it has opened its output and never said that it was done, a wrapper script ended it, and itself with 0. A program
   * that says nothing is believed.
   */
  get #isUnfinished(): boolean {
    return this.#lastReport?.done === false || (this.#isOpened && this.#lastReport === undefined)
  }

  #unfinished(exit: ChildExit): FfmpegError {
    const { outTime } = this.#lastReport ?? {}
    const place = outTime === undefined ? '' : `, at ${outTime} s,`
    const report = this.#lastReport
      ? `its last report${place} says that more was to come`
      : 'it reported none'
    return this.#error(
      'AVIO_ERR_FFMPEG_EXIT',
      `The program exited with 0, but its ffmpeg did not come to its end: ${report}. A wrapper script has to hand on the ` +
        'exit code of ffmpeg.',
      exit,
    )
  }

  /** Streams of inputs, by `input:stream`, of which not one packet came. */
  get silentInputs(): ReadonlySet<string> {
    return this.#muxed.silentInputs
  }

  /** Why the output of a run that ended well is none, where it is none. To be asked when all of it has come. */
  emptiness(exit: ChildExit): FfmpegError | undefined {
    const index = this.#formats.findIndex((format, n) => this.#isEmpty(format, n))
    return index < 0 ? undefined : this.#noOutput(exit, index)
  }

  #noOutput(exit: ChildExit, index: number): FfmpegError {
    const [to, input] = this.#formats.length > 1 ? [` to outputs[${index}]`, 'inputs'] : ['', 'input']
    const bytes = this.outputBytes[index] ?? 0
    return this.#error(
      'AVIO_ERR_FFMPEG_NO_OUTPUT',
      `ffmpeg exited with ${exit.code} and wrote no audio, video or subtitles${to} (${bytes} bytes, at most a header). ` +
        `Check that -ss, -t, -frames and -map select something from the ${input}.`,
      exit,
    )
  }

  /** The error for output that another process may still be writing. */
  heldOpen(exit: ChildExit): FfmpegError {
    return this.#error(
      'AVIO_ERR_FFMPEG_EXIT',
      'ffmpeg exited with 0, but its output did not end: a process that it started holds it open, or it was closed. ' +
        'Whether all of it has come cannot be known.',
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
   * ffmpeg ends with 0 after an input of which nothing was wanted (`-ss` past its end), and leaves a header, or not a
   * byte. What it muxed decides: since version 6 it reports an `out_time` even where that was nothing.
   * Of a program that does not count its packets (a wrapper that drops the log) the frames of its progress count, and
   * then the bytes.
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

  /** The reason: the first message that names one, and what to do. */
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
   * The message, with its input's name where ffmpeg says only which one it is, or nothing but what is wrong with it.
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

  /** Names of objects in place of addresses that mean nothing to anybody. */
  #renamed(words: string): string {
    let renamed = words
    for (const [url, name] of this.#command.names ?? []) {
      // `pipe:1` is no part of `pipe:11`.
      renamed = renamed.split(new RegExp(`${url.replace(/\W/g, '\\$&')}(?![\\w/])`)).join(name)
    }
    return renamed
  }

  #killed(exit: ChildExit, signal: NodeJS.Signals): FfmpegError {
    const crashed = ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGSYS'].includes(signal)
    const remedy = crashed
      ? 'It crashed: try another version or build of ffmpeg, and fewer filters.'
      : signal === 'SIGKILL'
        ? 'Not by us: look for the out-of-memory killer in the system log, or a limit of the container.'
        : 'Not by us: something else on this machine ended it.'
    return this.#error('AVIO_ERR_FFMPEG_SIGNAL', `ffmpeg was ended by ${signal}. ${remedy}`, exit, { signal })
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

/** With one full stop. */
function sentence(words: string): string {
  return `${words.replace(/[.\s]+$/, '')}.`
}

/** Who says it, where that is a demuxer, a codec or a filter. */
function spoken({ component = '', message }: FfmpegLogEntry): string {
  const name = component.replace(/^Parsed_(\w+)_\d+$/, '$1')
  const isName = /^[a-z][\w,() .-]*$/.test(name) && !message.includes(name)
  return isName ? `${name}: ${message}` : message
}

/** Behind media that came first, ffmpeg calls "the file" partial because it can't go back to its beginning. */
function inTheLightOf(isMediaFirst: boolean, finding: Finding | undefined): Finding | undefined {
  if (!isMediaFirst || finding?.code !== 'AVIO_ERR_INPUT_PARTIAL') return finding
  const remedy =
    'The media of this MP4 come before its index, and ffmpeg could not go back far enough on a pipe. Write it with ' +
    'its index first ("-movflags +faststart") or fragmented.'
  return { ...finding, code: 'AVIO_ERR_INPUT_NEEDS_SEEK', remedy }
}

function signalName(number: number): NodeJS.Signals | undefined {
  const entry = Object.entries(constants.signals).find(([, value]) => value === number)
  return entry?.[0] as NodeJS.Signals | undefined
}

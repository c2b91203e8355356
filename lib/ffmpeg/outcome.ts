import { constants } from 'node:os'
import { FfmpegError, type FfmpegErrorCode } from '../errors.js'
import { EXEC_FAILED } from './die-with-parent.js'
import { Diagnosis, type Finding } from './failure.js'
import type { ChildExit } from './ffmpeg-child.js'
import { type FfmpegLogEntry, LogReader } from './log.js'
import { type FfmpegProgress, ProgressReader } from './progress.js'

/** Who is told while a run goes on. */
export interface OutcomeListener {
  onLog(entry: FfmpegLogEntry): void
  onProgress(report: FfmpegProgress): void
}

/** Muxers that write their output without a single packet. */
const PACKETLESS = new Set(['ffmetadata'])

/**
 * What became of one run of ffmpeg, judged by everything that is known of it: exit code or signal, the whole log,
 * the progress reports, and the bytes that went in and came out. The exit code alone proves nothing.
 */
export class Outcome {
  /** The log: stderr goes here. */
  readonly log: LogReader
  /** The progress reports go here. */
  readonly progress: ProgressReader
  /** Bytes of input that the child was fed. */
  bytesIn = 0
  /** Bytes of output that came from it. */
  bytesOut = 0
  readonly #command: { readonly path: string; readonly args: readonly string[] }
  readonly #formats: readonly string[]
  readonly #diagnosis = new Diagnosis()
  #lastReport: FfmpegProgress | undefined
  /** What the closing statistics say: `false` where no packet was written, or the size is not known. */
  #statistics: boolean | undefined
  /** Packets that each output got, where ffmpeg says so: at its end, and at the level `verbose`. */
  readonly #packets = new Map<number, number>()
  #statedOutput = 0
  #interruptedBy: NodeJS.Signals | undefined
  #execFailure: string | undefined

  /**
   * @param command - what is run, for messages
   * @param formats - the muxers of its outputs
   * @param listener - who is told
   */
  constructor(
    command: { readonly path: string; readonly args: readonly string[] },
    formats: readonly string[],
    listener: OutcomeListener,
  ) {
    this.#command = command
    this.#formats = formats
    this.log = new LogReader(entry => {
      this.#read(entry)
      listener.onLog(entry)
    })
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
    const { lastError } = this.#diagnosis
    const finding = inTheLightOf(isMediaFirst, this.#diagnosis.finding)
    const why = finding === undefined ? this.#lastWords(lastError) : `${finding.message}. ${finding.remedy}`
    if (exit.signal !== null) return this.#killed(exit, exit.signal)
    if (this.#interruptedBy !== undefined) return this.#killed(exit, this.#interruptedBy)
    if (exit.code === 0) {
      if (finding?.evenAtExit0 !== true) return undefined
      return this.#error(finding.code, `ffmpeg exited with 0, but said: ${why}`, exit)
    }
    if (this.#execFailure !== undefined) {
      const message = `ffmpeg could not be started: ${this.#execFailure}`
      return this.#error('AVIO_ERR_FFMPEG_SPAWN', message, exit)
    }
    const code = finding === undefined ? 'AVIO_ERR_FFMPEG_EXIT' : finding.code
    return this.#error(code, `ffmpeg failed with exit code ${exit.code}: ${why}`, exit)
  }

  /** Why the output of a run that ended well is none, where it is none. To be asked when all of it has come. */
  emptiness(exit: ChildExit): FfmpegError | undefined {
    if (this.#muxedSomething()) return this.#emptyOutput(exit)
    return this.#error(
      'AVIO_ERR_FFMPEG_NO_OUTPUT',
      `ffmpeg exited with 0 but wrote no audio, video or subtitles (${this.bytesOut} bytes came, at most a header). ` +
        'Do "-ss", "-t", "-frames" or "-map" leave anything of this input?',
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

  /** Of several outputs one may be empty. */
  #emptyOutput(exit: ChildExit): FfmpegError | undefined {
    const index = this.#formats.findIndex(
      (format, n) => this.#packets.get(n) === 0 && !PACKETLESS.has(format),
    )
    if (index < 0) return undefined
    return this.#error(
      'AVIO_ERR_FFMPEG_NO_OUTPUT',
      `ffmpeg exited with 0 but wrote no audio, video or subtitles to outputs[${index}]. ` +
        'Do its "-ss", "-t", "-frames" or "-map" leave anything of the inputs?',
      exit,
    )
  }

  #read(entry: FfmpegLogEntry): void {
    this.#diagnosis.see(entry)
    if (entry.level === 'verbose') this.#readStatistics(entry)
    if (entry.level === 'info' && entry.continued === undefined) {
      const overhead = /^video:\d+\w+ audio:.* muxing overhead: (unknown|[\d.]+%)$/.exec(entry.message)
      if (overhead) this.#statistics = overhead[1] !== 'unknown'
      const signal = /^Exiting normally, received signal (\d+)\.$/.exec(entry.message)
      if (signal) this.#interruptedBy = signalName(Number(signal[1]))
    } else if (entry.level === 'unknown' && entry.message.startsWith(EXEC_FAILED)) {
      this.#execFailure = entry.message.slice(EXEC_FAILED.length)
    }
  }

  /** `Output file #1 (pipe:4):`, its streams, then the sum; newer versions name the output on every line. */
  #readStatistics({ component = '', message }: FfmpegLogEntry): void {
    const [, output] = /^Output file #(\d+) /.exec(message) ?? /^out#(\d+)/.exec(component) ?? []
    if (output !== undefined) this.#statedOutput = Number(output)
    const [, packets] = /^ *Total: (\d+) packets \(\d+ bytes\) muxed$/.exec(message) ?? []
    if (packets !== undefined) this.#packets.set(this.#statedOutput, Number(packets))
  }

  /**
   * ffmpeg ends with 0 after an input of which nothing was wanted (`-ss` past its end), and leaves a header. What
   * gives it away: no frame and no time in the last report, and closing statistics that can't set the output's
   * size in relation to its packets, because there are none. One of the two alone says too little: an output that
   * is smaller than its packets (`framemd5`) has no such relation either, and subtitles no frames.
   */
  #muxedSomething(): boolean {
    const { frame = 0, outTime = 0 } = this.#lastReport ?? {}
    if (frame > 0 || outTime > 0) return true
    if (this.#formats.some(format => PACKETLESS.has(format))) return this.bytesOut > 0
    return this.#statistics ?? this.bytesOut > 0
  }

  #lastWords(lastError: string | undefined): string {
    const words = lastError ?? this.log.tail.slice(this.log.tail.lastIndexOf('\n') + 1)
    return words === '' ? 'it wrote nothing to stderr.' : `${words}. "stderrTail" has its last lines.`
  }

  #killed(exit: ChildExit, signal: NodeJS.Signals): FfmpegError {
    const crashed = ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGSYS'].includes(signal)
    const remedy = crashed
      ? 'It crashed: try another version or build of ffmpeg, and fewer filters.'
      : signal === 'SIGKILL'
        ? 'Not by us: look for the out-of-memory killer in the system log, or a limit of the container.'
        : 'Not by us: something else on this machine ended it.'
    return this.#error('AVIO_ERR_FFMPEG_SIGNAL', `ffmpeg was ended by ${signal}. ${remedy}`, exit, signal)
  }

  #error(code: FfmpegErrorCode, message: string, exit: ChildExit, signal = exit.signal): FfmpegError {
    const { path, args } = this.#command
    const { bytesIn, bytesOut } = this
    return new FfmpegError(code, message, {
      exitCode: exit.code ?? undefined,
      signal: signal ?? undefined,
      stderrTail: this.log.tail,
      ffmpegPath: path,
      args,
      bytesIn,
      bytesOut,
    })
  }
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

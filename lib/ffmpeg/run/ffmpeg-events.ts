import type { DuplexEvents, ReadableEvents } from '../../io/pipeline/typed-listeners.js'
import type { FfmpegSeek } from '../route/seek-reason.js'
import type { FfmpegInput } from '../streams/input-info.js'
import type { FfmpegOrigin } from '../binary/locate-ffmpeg.js'
import type { FfmpegLogEntry } from '../log/log.js'
import type { FfmpegProgress } from '../log/progress.js'

/** The ffmpeg that was started. */
export interface FfmpegSpawn {
  /** The binary. */
  readonly path: string
  /**
   * Where the path came from: the option `ffmpegPath`, the variable `FFMPEG_PATH`, `PATH`, or the package
   * `ffmpeg-static`.
   */
  readonly from: FfmpegOrigin
  /** Its exact argument list. */
  readonly args: readonly string[]
  /** The process id. */
  readonly pid: number
}

/** ffmpeg succeeded before its input ended. */
export interface FfmpegEarlyExit {
  /** Whether the source was ended. `false`: the rest of its data is discarded, up to `discardLimit`. */
  readonly stopped: boolean
  /** Input bytes fed to ffmpeg. */
  readonly bytesIn: number
}

/** Events of everything that runs ffmpeg, with the arguments of their listeners. */
export interface FfmpegRunEvents {
  /** ffmpeg has started. */
  spawn: [child: FfmpegSpawn]
  /** A line of ffmpeg's stderr. */
  log: [entry: FfmpegLogEntry]
  /**
   * The streams ffmpeg found in an input, and the outcome of each: emitted before the first byte of output, and again
   * when ffmpeg finds more (a track that begins late, a second index).
   */
  input: [input: FfmpegInput]
  /** ffmpeg's progress: emitted about twice a second, and once at its end. */
  progress: [progress: FfmpegProgress]
}

/** Events of `FfmpegReadable`: those of every `Readable`, and of everything that runs ffmpeg. */
export interface FfmpegReadableEvents extends FfmpegRunEvents, ReadableEvents {}

/** Events of `FfmpegTransform`: those of every `Duplex`, of everything that runs ffmpeg, and its own. */
export interface FfmpegTransformEvents extends FfmpegRunEvents, DuplexEvents {
  /** The input can't, or should not, be read in order: from here on ffmpeg reads it by seeking. */
  seek: [seek: FfmpegSeek]
  /** ffmpeg succeeded before its input ended (`-t 5`, `-frames:v 1`). */
  'early-exit': [earlyExit: FfmpegEarlyExit]
}

/** An input of an `FfmpegProcess` is read by seeking. */
export interface FfmpegProcessSeek extends FfmpegSeek {
  /** Index of the input, from 0. */
  readonly input: number
}

/** ffmpeg succeeded before an input of an `FfmpegProcess` ended. */
export interface FfmpegProcessEarlyExit extends FfmpegEarlyExit {
  /** Index of the input, from 0; `bytesIn` counts this input only. */
  readonly input: number
}

/** Events of `FfmpegProcess`, with the arguments of their listeners. */
export interface FfmpegProcessEvents extends FfmpegRunEvents {
  /** A piped input can't, or should not, be read in order: ffmpeg reads it by seeking. */
  seek: [seek: FfmpegProcessSeek]
  /** ffmpeg succeeded before a piped input ended. */
  'early-exit': [earlyExit: FfmpegProcessEarlyExit]
}

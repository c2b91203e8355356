import type { DuplexEvents, ReadableEvents } from '../../io/pipeline/typed-listeners.js'
import type { FfmpegSeek } from '../route/seek-reason.js'
import type { FfmpegInput } from '../streams/input-info.js'
import type { FfmpegOrigin } from '../binary/locate-ffmpeg.js'
import type { FfmpegLogEntry } from '../log/log.js'
import type { FfmpegProgress } from '../log/progress.js'

/** What was started. */
export interface FfmpegSpawn {
  /** The binary. */
  readonly path: string
  /** What named it: the option `ffmpegPath`, the variable `FFMPEG_PATH`, `PATH`, or the package `ffmpeg-static`. */
  readonly from: FfmpegOrigin
  /** Its exact argument list. */
  readonly args: readonly string[]
  /** The process id. */
  readonly pid: number
}

/** ffmpeg ended well before its input did. */
export interface FfmpegEarlyExit {
  /** The source was ended. `false`: what it still delivers is thrown away, up to `discardLimit`. */
  readonly stopped: boolean
  /** Bytes of input that ffmpeg was fed. */
  readonly bytesIn: number
}

/** Events of everything that runs ffmpeg, with the arguments of their listeners. */
export interface FfmpegRunEvents {
  /** ffmpeg was started: at the first read, not before. */
  spawn: [child: FfmpegSpawn]
  /** A line that ffmpeg wrote to stderr. */
  log: [entry: FfmpegLogEntry]
  /**
   * What ffmpeg found in an input, and what becomes of each stream: told when it is about to begin, before the first
   * byte of output, and again when it finds more (a track that begins late, a second index).
   */
  input: [input: FfmpegInput]
  /** Where ffmpeg is, about twice a second, and once at its end. */
  progress: [progress: FfmpegProgress]
}

/** Events of `FfmpegReadable`: those of every `Readable`, and of everything that runs ffmpeg. */
export interface FfmpegReadableEvents extends FfmpegRunEvents, ReadableEvents {}

/** Events of `FfmpegTransform`: those of every `Duplex`, of everything that runs ffmpeg, and its own. */
export interface FfmpegTransformEvents extends FfmpegRunEvents, DuplexEvents {
  /** The input can't, or should not, be read in order: ffmpeg reads it by address from here on. */
  seek: [seek: FfmpegSeek]
  /** ffmpeg ended well before its input did (`-t 5`, `-frames:v 1`). */
  'early-exit': [earlyExit: FfmpegEarlyExit]
}

/** An input of an `FfmpegProcess` is read by address. */
export interface FfmpegProcessSeek extends FfmpegSeek {
  /** Which, from 0. */
  readonly input: number
}

/** ffmpeg ended well before an input of an `FfmpegProcess` did. */
export interface FfmpegProcessEarlyExit extends FfmpegEarlyExit {
  /** Which, from 0. `bytesIn` are those of this input. */
  readonly input: number
}

/** Events of `FfmpegProcess`, with the arguments of their listeners. */
export interface FfmpegProcessEvents extends FfmpegRunEvents {
  /** An input that is piped in can't, or should not, be read in order: ffmpeg reads it by address. */
  seek: [seek: FfmpegProcessSeek]
  /** ffmpeg ended well before an input that is piped in did. */
  'early-exit': [earlyExit: FfmpegProcessEarlyExit]
}

import type { FfmpegLogEntry } from './log.js'
import type { FfmpegProgress } from './progress.js'

/** What was started. */
export interface FfmpegSpawn {
  /** The binary. */
  readonly path: string
  /** Its exact argument list. */
  readonly args: readonly string[]
  /** The process id. */
  readonly pid: number
}

/** ffmpeg ended well before its input did. */
export interface FfmpegEnough {
  /** The source was asked to stop. `false`: what it still delivers is thrown away, up to `discardLimit`. */
  readonly stopped: boolean
  /** Bytes of input that ffmpeg was fed. */
  readonly bytesIn: number
}

/** Events of `FfmpegTransform`, beside those of every stream, with the arguments of their listeners. */
export interface FfmpegTransformEvents {
  /** ffmpeg was started: at the first bytes of input, not before. */
  spawn: [child: FfmpegSpawn]
  /** A line that ffmpeg wrote to stderr. */
  log: [entry: FfmpegLogEntry]
  /** Where ffmpeg is, about twice a second, and once at its end. */
  progress: [progress: FfmpegProgress]
  /** ffmpeg ended well before its input did (`-t 5`, `-frames:v 1`). */
  enough: [enough: FfmpegEnough]
}

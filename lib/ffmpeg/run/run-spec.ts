import type { Loans } from '../../io/memory/loans.js'
import type { ReadWaits } from '../../io/monitor/read-waits.js'
import type { RandomAccess } from '../../io/random-access.js'
import type { CoverChoice } from '../args/output-layout.js'
import type { Limits } from '../limits/limits.js'
import type { FfmpegLogEntry } from '../log/log.js'
import type { FfmpegProgress } from '../log/progress.js'
import type { GuardedOutputSpec } from '../output/guarded-output.js'
import type { Prepare } from '../route/source-look.js'
import type { FfmpegInput, OnMissing } from '../streams/input-info.js'
import type { FfmpegSpawn } from './ffmpeg-events.js'

/** One input of a run. */
export interface RunInput {
  readonly format: string | undefined
  readonly args: readonly string[]
  /** Demuxers that may open it. */
  readonly formatWhitelist: readonly string[]
  /** The source to read by seeking; `undefined` for an input piped to the child. */
  readonly source: RandomAccess | undefined
  /** Its name in errors. */
  readonly name?: string | undefined
  /** First bytes, if known; for a piped input all bytes examined so far. */
  readonly head: Buffer
  /** Whether it may be made while it is read: a live source. Default false. */
  readonly mayBeLive?: boolean | undefined
  /** Data that a pipe can't deliver, if known: a clause to follow its name. */
  readonly lost?: string | undefined
}

/** One output of a run. */
export interface RunOutput extends GuardedOutputSpec {
  /** What to do if it lacks a stream of an input. Default `tell`. */
  readonly onMissing?: OnMissing | undefined
  /** What to do with cover art. Default `leave-out`. */
  readonly cover?: CoverChoice | undefined
  /** Where its chunks lie; without it, in new buffers. */
  readonly memory?: Loans | undefined
}

/** The inputs, outputs and settings of a run. */
export interface RunSpec {
  readonly ffmpegPath: string | undefined
  readonly inputs: readonly RunInput[]
  readonly outputs: readonly RunOutput[]
  readonly globalArgs: readonly string[]
  readonly env: Record<string, string>
  readonly killTimeout: number
  readonly limits: Limits
  /** Size of the cache for inputs read by seeking, in bytes. */
  readonly cacheSize: number
  /** Told while ffmpeg's reads wait for a source. */
  readonly waits?: ReadWaits | undefined
  /** Determines the arguments of input and output, if there is one of each. */
  readonly prepare?: Prepare | undefined
}

/** Callbacks of a running run. */
export interface RunListener {
  onSpawn(child: FfmpegSpawn): void
  onLog(entry: FfmpegLogEntry): void
  /** A report of ffmpeg's: with what it leaves out, if anyone listens. */
  onProgress(progress: FfmpegProgress): void
  /** Whether anyone listens for progress. */
  hasProgress(): boolean
  /** The streams ffmpeg found in an input; called again when it finds more. */
  onInput(input: FfmpegInput): void
  /** Whether anyone listens for that. */
  hearsInput(): boolean
  /**
   * An output waits for a track that begins late, and no output has passed on any data.
   *
   * @returns whether another run replaces this one
   */
  onLateTrack?(): boolean
  /** The run failed for a reason unknown to ffmpeg: a broken source, a damaged output. */
  onError(error: Error): void
}

import type { RandomAccess } from '../../io/random-access.js'
import type { CoverChoice } from '../args/output-layout.js'
import type { Limits } from '../limits/limits.js'
import type { FfmpegLogEntry } from '../log/log.js'
import type { FfmpegProgress } from '../log/progress.js'
import type { GuardedOutputSpec } from '../output/guarded-output.js'
import type { Prepare } from '../route/source-look.js'
import type { FfmpegInput, OnMissing } from '../streams/input-info.js'
import type { FfmpegSpawn } from './ffmpeg-events.js'

/** One input of a job. */
export interface JobInput {
  readonly format: string | undefined
  readonly args: readonly string[]
  /** Demuxers that may open it. */
  readonly formatWhitelist: readonly string[]
  /** What it is read from by address; `undefined` where it is written to a pipe of the child. */
  readonly source: RandomAccess | undefined
  /** What errors call it. */
  readonly name?: string | undefined
  /** First bytes of it that are known; of a piped input all that were looked at. */
  readonly head: Buffer
  /** What it has that a pipe can't bring, where that is known: a clause to be put behind its name. */
  readonly lost?: string | undefined
}

/** One output of a job. */
export interface JobOutput extends GuardedOutputSpec {
  /** What to do about a stream of an input that it lacks. Default `tell`. */
  readonly onMissing?: OnMissing | undefined
  /** What becomes of cover art. Default `leave-out`. */
  readonly cover?: CoverChoice | undefined
}

/** What a job is made of. */
export interface JobSpec {
  readonly ffmpegPath: string | undefined
  readonly inputs: readonly JobInput[]
  readonly outputs: readonly JobOutput[]
  readonly globalArgs: readonly string[]
  readonly env: Record<string, string>
  readonly killTimeout: number
  readonly limits: Limits
  /** Bytes that are cached of the inputs that are read by address. */
  readonly cacheSize: number
  /** Finds out the arguments of the input and the output, where they are one each. */
  readonly prepare?: Prepare | undefined
}

/** Who is told while a job goes on. */
export interface JobListener {
  onSpawn(child: FfmpegSpawn): void
  onLog(entry: FfmpegLogEntry): void
  onProgress(progress: FfmpegProgress): void
  /** What ffmpeg found in an input; told again when there is more to tell. */
  onInput(input: FfmpegInput): void
  /** Whether anybody wants to know that. */
  hearsInput(): boolean
  /**
   * An output waits for a track that begins late, and nothing of any output has gone on.
   *
   * @returns whether another job takes the place of this one
   */
  onLateTrack?(): boolean
  /** The job has failed for a reason that ffmpeg does not know: a source that broke, an output that is damaged. */
  onError(error: Error): void
}

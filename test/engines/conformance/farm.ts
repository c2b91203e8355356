import type { Job } from '../../../lib/job/schema/job.js'
import type { QueueServer } from '../../support/servers/queue-server.js'
import type { Crew } from './crew.js'
import type { WorkerProcess } from './worker-process.js'

/** The engines. */
export type EngineName = 'process' | 'redis' | 'postgres'

/** How a worker differs from others. */
export interface WorkerSettings {
  readonly concurrency?: number
  /** Another ffmpeg. */
  readonly ffmpegPath?: string
  /** The limit of its heap, in MB. */
  readonly heap?: number
  /** The processors it may use, as `taskset` takes them. */
  readonly processors?: string
  /** How long running steps may go on after SIGTERM, in milliseconds. */
  readonly drainTimeout?: number
}

/** The end of a job. */
export type End =
  | { readonly state: 'done' }
  | { readonly state: 'failed'; readonly code: string | undefined; readonly remedy: string }
  /** The engine has no such job: it was cancelled, or forgotten. */
  | { readonly state: 'unknown' }

/** An engine with jobs and workers, as a case sees it. */
export interface Farm {
  readonly engine: EngineName
  /** The server of its queue; none within this process. */
  readonly server: QueueServer | undefined
  readonly crew: Crew
  /** Adds a job. */
  add(job: Job): Promise<{ readonly id: string; readonly isNew: boolean }>
  /** Starts a worker, and waits until it takes jobs. */
  start(settings?: WorkerSettings): Promise<WorkerProcess>
  /** Adds a job for each object below a prefix. Returns the number of new jobs. */
  addBatch(source: string, template: Job): Promise<number>
  /** Waits until that many jobs are done and nothing else waits or runs. Returns how many are done. */
  idle(count: number): Promise<number>
  /** Waits for the end of a job. */
  end(id: string): Promise<End>
  cancel(id: string): Promise<void>
  /** Resolves once everybody can know that a job is cancelled. */
  hears(id: string): Promise<void>
  /** Starts failed jobs again. */
  retry(): Promise<void>
  /** Jobs that failed, each with its code. */
  deadLetters(): Promise<readonly { readonly id: string; readonly code: string | undefined }[]>
  /** Resolves when another worker has begun what the silent one had. */
  gaveAway(silent: WorkerProcess): Promise<void>
  /** Waits for longer than a silent worker keeps its steps. */
  outlastsLock(): Promise<void>
  /** Jobs that no worker can go on with. */
  unfit(): Promise<readonly string[]>
  /** Records of work that goes on: locks, steps that wait or run. Empty once all jobs have ended. */
  left(): Promise<string[]>
  /** Everything it keeps, as text. */
  kept(): Promise<string>
  close(): Promise<void>
}

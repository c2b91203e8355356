import type { S3ClientConfig } from '@aws-sdk/client-s3'
import type { WorkerSettings } from './farm.js'
import { type Order, type Told, WorkerProcess } from './worker-process.js'

/** The workers of a case. */
export class Crew {
  readonly #workers: WorkerProcess[] = []
  readonly #done = new Set<string>()
  readonly #waiting = new Map<() => void, number>()
  readonly #s3: S3ClientConfig
  readonly #mark: string

  /**
   * @param s3 - the store of all
   * @param mark - in the environment of all processes, by which they are found
   */
  constructor(s3: S3ClientConfig, mark: string) {
    this.#s3 = s3
    this.#mark = mark
  }

  /** All that were started. */
  get workers(): readonly WorkerProcess[] {
    return this.#workers
  }

  async start(settings: WorkerSettings, more: Pick<Order, 'queue' | 'lockDuration'>): Promise<WorkerProcess> {
    const name = `worker-${this.#workers.length + 1}`
    const worker = new WorkerProcess({ name, s3: this.#s3, settings, ...more }, this.#mark)
    this.#workers.push(worker)
    worker.on(told => this.#count(told))
    await worker.hears(({ type }) => type === 'ready')
    return worker
  }

  /** Resolves once workers have reported the ends of so many jobs. */
  async ends(count: number): Promise<void> {
    if (this.#done.size >= count) return
    await new Promise<void>(resolve => this.#waiting.set(resolve, count))
  }

  #count({ type, name, job }: Told): void {
    if (type !== 'done' || name !== 'job') return
    this.#done.add(job!)
    for (const [resolve, count] of this.#waiting) {
      if (this.#done.size < count) continue
      this.#waiting.delete(resolve)
      resolve()
    }
  }

  /** Resolves with the next report of that kind by a worker that is alive now, or with its end. */
  async news(is: (told: Told) => boolean): Promise<void> {
    const alive = this.#workers.filter(({ isAlive }) => isAlive)
    await Promise.race(alive.map(worker => worker.hears(is, worker.told.length).catch(() => undefined)))
  }

  /** SIGTERM for all that are alive. Returns their exit codes. */
  async drain(): Promise<(number | null)[]> {
    const alive = this.#workers.filter(({ isAlive }) => isAlive)
    return await Promise.all(alive.map(worker => worker.drain()))
  }

  async kill(): Promise<void> {
    await Promise.all(this.#workers.map(worker => worker.kill()))
  }

  /** What they reported and printed. */
  logs(): string[] {
    return this.#workers.map(({ name, told, log }) => {
      return `${name}: ${told.map(one => JSON.stringify(one)).join(' ')} ${log}`.slice(-6000)
    })
  }
}

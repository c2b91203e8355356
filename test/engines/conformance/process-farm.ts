import { setTimeout as delay } from 'node:timers/promises'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import type { Job } from '../../../lib/job/schema/job.js'
import { Crew } from './crew.js'
import type { End, Farm, WorkerSettings } from './farm.js'
import type { Told, WorkerProcess } from './worker-process.js'

interface Entry {
  readonly id: string
  readonly job: Job
  end?: End
  runner?: WorkerProcess | undefined
  attempts: number
  isCancelled?: boolean
}

const ATTEMPTS = 3
/** In milliseconds. */
const INTERVAL = 50

/**
 * The smallest engine: this process hands whole jobs to workers, each of which calls `runJob`. It has neither locks nor
 * records, and shows what the steps promise by themselves.
 */
export class ProcessFarm implements Farm {
  readonly engine = 'process' as const
  readonly server = undefined
  readonly crew: Crew
  readonly #entries: Entry[] = []
  readonly #silent = new Set<WorkerProcess>()

  constructor(s3: S3ClientConfig, mark: string) {
    this.crew = new Crew(s3, mark)
  }

  async add(job: Job): Promise<{ id: string; isNew: boolean }> {
    const text = JSON.stringify(job)
    const known = this.#entries.find(one => JSON.stringify(one.job) === text && one.isCancelled !== true)
    if (known !== undefined) return { id: known.id, isNew: false }
    const id = `job-${this.#entries.length + 1}`
    this.#entries.push({ id, job, attempts: 0 })
    this.#handOut()
    return { id, isNew: true }
  }

  async start(settings: WorkerSettings = {}): Promise<WorkerProcess> {
    const worker = await this.crew.start(settings, { lockDuration: 0 })
    worker.on(told => this.#hear(worker, told))
    void worker.ended().then(() => this.#giveBack(worker))
    this.#handOut()
    return worker
  }

  async end(id: string): Promise<End> {
    const entry = this.#entries.find(one => one.id === id)
    while (entry !== undefined && entry.end === undefined) await delay(INTERVAL)
    return entry?.end ?? { state: 'unknown' }
  }

  async cancel(id: string): Promise<void> {
    const entry = this.#entries.find(one => one.id === id)!
    entry.isCancelled = true
    entry.runner?.send({ cancel: true })
    if (entry.runner === undefined) entry.end = { state: 'unknown' }
    await this.end(id)
  }

  async hears(): Promise<void> {
    await delay(INTERVAL)
  }

  async outlastsLock(): Promise<void> {
    await delay(INTERVAL)
  }

  async unfit(): Promise<string[]> {
    return []
  }

  async retry(): Promise<void> {
    for (const entry of this.#entries) {
      if (entry.end?.state !== 'failed') continue
      delete entry.end
      entry.attempts = 0
    }
    this.#handOut()
  }

  async deadLetters(): Promise<{ id: string; code: string | undefined }[]> {
    return this.#entries.flatMap(({ id, end }) => (end?.state === 'failed' ? [{ id, code: end.code }] : []))
  }

  async gaveAway(silent: WorkerProcess): Promise<void> {
    this.#giveBack(silent)
  }

  async left(): Promise<string[]> {
    return this.#entries.filter(({ end }) => end === undefined).map(({ id }) => `${id} has not ended`)
  }

  async kept(): Promise<string> {
    return ''
  }

  async close(): Promise<void> {
    await this.crew.kill()
  }

  /** Gives each idle worker a job. */
  #handOut(): void {
    for (const worker of this.crew.workers) {
      if (
        !worker.isAlive ||
        this.#silent.has(worker) ||
        this.#entries.some(({ runner }) => runner === worker)
      )
        continue
      const next = this.#entries.find(({ end, runner }) => end === undefined && runner === undefined)
      if (next === undefined) return
      next.runner = worker
      next.attempts++
      worker.send({ run: { id: next.id, job: next.job } })
    }
  }

  #hear(worker: WorkerProcess, { type, job, error }: Told): void {
    const entry = this.#entries.find(({ id }) => id === job)
    if (entry?.runner !== worker || (type !== 'done' && type !== 'fail')) return
    entry.runner = undefined
    if (type === 'done') entry.end = { state: 'done' }
    else if (entry.isCancelled) entry.end = { state: 'unknown' }
    else if (error?.retryable !== true || entry.attempts >= ATTEMPTS) {
      entry.end = { state: 'failed', code: error?.code, remedy: error?.message ?? '' }
    }
    this.#handOut()
  }

  /** A worker that has ended or is silent no longer has its job. */
  #giveBack(worker: WorkerProcess): void {
    for (const entry of this.#entries) if (entry.runner === worker) entry.runner = undefined
    this.#silent.add(worker)
    this.#handOut()
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { BatchJobs } from '../../../lib/engines/batch/batch-jobs.js'
import { batchObjects } from '../../../lib/engines/batch/batch-objects.js'
import type { Job } from '../../../lib/job/schema/job.js'
import { Crew } from './crew.js'
import type { End, Farm, WorkerSettings } from './farm.js'
import type { Told, WorkerProcess } from './worker-process.js'

interface Entry {
  readonly id: string
  readonly job: Job
  end?: End
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
  /** By their IDs. */
  readonly #entries = new Map<string, Entry>()
  readonly #ids = new Map<string, string>()
  readonly #waiting: Entry[] = []
  readonly #busy = new Map<WorkerProcess, Entry>()
  readonly #silent = new Set<WorkerProcess>()
  readonly #client: S3Client

  constructor(s3: S3ClientConfig, mark: string) {
    this.crew = new Crew(s3, mark)
    this.#client = new S3Client(s3)
  }

  async add(job: Job): Promise<{ id: string; isNew: boolean }> {
    const text = JSON.stringify(job)
    const known = this.#ids.get(text)
    if (known !== undefined && this.#entries.get(known)!.isCancelled !== true)
      return { id: known, isNew: false }
    const entry: Entry = { id: `job-${this.#entries.size + 1}`, job, attempts: 0 }
    this.#entries.set(entry.id, entry)
    this.#ids.set(text, entry.id)
    this.#waiting.push(entry)
    this.#handOut()
    return { id: entry.id, isNew: true }
  }

  async addBatch(source: string, template: Job): Promise<number> {
    const client = this.#client
    const jobs = new BatchJobs(template, { client })
    let added = 0
    for await (const group of batchObjects(source, { client, signal: undefined, atOnce: 250 })) {
      for (const object of group) if ((await this.add((await jobs.job(object)).job)).isNew) added++
    }
    return added
  }

  async idle(count: number): Promise<number> {
    await this.crew.ends(count)
    const all = [...this.#entries.values()]
    while (all.some(({ end }) => end === undefined)) await delay(INTERVAL)
    return all.filter(({ end }) => end?.state === 'done').length
  }

  async start(settings: WorkerSettings = {}): Promise<WorkerProcess> {
    const worker = await this.crew.start(settings, { lockDuration: 0 })
    worker.on(told => this.#hear(worker, told))
    void worker.ended().then(() => this.#giveBack(worker))
    this.#handOut()
    return worker
  }

  async end(id: string): Promise<End> {
    const entry = this.#entries.get(id)
    while (entry !== undefined && entry.end === undefined) await delay(INTERVAL)
    return entry?.end ?? { state: 'unknown' }
  }

  async cancel(id: string): Promise<void> {
    const entry = this.#entries.get(id)!
    entry.isCancelled = true
    const runner = [...this.#busy].find(([, one]) => one === entry)?.[0]
    runner?.send({ cancel: true })
    if (runner === undefined) entry.end = { state: 'unknown' }
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
    for (const entry of this.#entries.values()) {
      if (entry.end?.state !== 'failed') continue
      delete entry.end
      entry.attempts = 0
      this.#waiting.push(entry)
    }
    this.#handOut()
  }

  async deadLetters(): Promise<{ id: string; code: string | undefined }[]> {
    return [...this.#entries.values()].flatMap(({ id, end }) =>
      end?.state === 'failed' ? [{ id, code: end.code }] : [],
    )
  }

  async gaveAway(silent: WorkerProcess): Promise<void> {
    this.#giveBack(silent)
  }

  async left(): Promise<string[]> {
    return [...this.#entries.values()]
      .filter(({ end }) => end === undefined)
      .map(({ id }) => `${id} has not ended`)
  }

  async kept(): Promise<string> {
    return ''
  }

  async close(): Promise<void> {
    this.#client.destroy()
    await this.crew.kill()
  }

  /** Gives each idle worker a job. */
  #handOut(): void {
    for (const worker of this.crew.workers) {
      if (!worker.isAlive || this.#silent.has(worker) || this.#busy.has(worker)) continue
      let next = this.#waiting.shift()
      while (next?.end !== undefined) next = this.#waiting.shift()
      if (next === undefined) return
      this.#busy.set(worker, next)
      next.attempts++
      worker.send({ run: { id: next.id, job: next.job } })
    }
  }

  #hear(worker: WorkerProcess, { type, job, error }: Told): void {
    const entry = this.#busy.get(worker)
    if (entry === undefined || entry.id !== job || (type !== 'done' && type !== 'fail')) return
    this.#busy.delete(worker)
    if (type === 'done') entry.end = { state: 'done' }
    else if (entry.isCancelled) entry.end = { state: 'unknown' }
    else if (error?.retryable !== true || entry.attempts >= ATTEMPTS) {
      entry.end = { state: 'failed', code: error?.code, remedy: error?.message ?? '' }
    } else this.#waiting.push(entry)
    this.#handOut()
  }

  /** A worker that has ended or is silent no longer has its job. */
  #giveBack(worker: WorkerProcess): void {
    const entry = this.#busy.get(worker)
    this.#busy.delete(worker)
    // It has begun, and goes before what has not.
    if (entry !== undefined) this.#waiting.unshift(entry)
    this.#silent.add(worker)
    this.#handOut()
  }
}

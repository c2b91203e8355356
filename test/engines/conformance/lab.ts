import {
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import type { Job } from '../../../lib/job/schema/job.js'
import type { FaultMatch, LocalS3, S3Call } from '../../../lib/testing/index.js'
import type { Farm } from './farm.js'
import { type FilmJob, PLACES, digest, film, filmJob } from './film.js'
import type { WorkerProcess } from './worker-process.js'

/** The store of a case. */
export interface CaseStore {
  readonly client: S3Client
  readonly config: S3ClientConfig
  readonly bucket: string
  /** The server itself, if it runs within this process: its calls can be seen and held. */
  readonly s3: LocalS3 | undefined
}

/** A call that waits in the store. */
export interface HeldCall {
  /** Resolves when there is one. */
  readonly reached: Promise<S3Call>
  /** Lets it go on, and those that come later. */
  release(): void
}

/** A case: a farm, a store with a film in it, and what is seen of both. */
export class Lab {
  readonly farm: Farm
  readonly store: CaseStore
  readonly problems: string[] = []
  readonly #silenced = new Map<string, number>()
  readonly #ended = new Map<string, number>()

  private constructor(farm: Farm, store: CaseStore) {
    this.farm = farm
    this.store = store
  }

  /** Puts the film into the store. */
  static async open(farm: Farm, store: CaseStore): Promise<Lab> {
    const lab = new Lab(farm, store)
    await lab.put(PLACES.source, await film())
    return lab
  }

  /** A job of the film. */
  job(settings: FilmJob = {}): Job {
    return filmJob(this.store.bucket, settings)
  }

  /** Notes what should hold, and does not. */
  check(holds: boolean, problem: string): void {
    if (!holds) this.problems.push(problem)
  }

  /** The store within this process. */
  get s3(): LocalS3 {
    const { s3 } = this.store
    if (s3 === undefined) throw new Error('This situation needs the in-process server')
    return s3
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.store.client.send(new PutObjectCommand({ Bucket: this.store.bucket, Key: key, Body: bytes }))
  }

  /** The digest of an object; `undefined` if there is none. */
  async digestOf(key: string): Promise<string | undefined> {
    try {
      const { Body } = await this.store.client.send(
        new GetObjectCommand({ Bucket: this.store.bucket, Key: key }),
      )
      return digest(await Body!.transformToByteArray())
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return undefined
      throw error
    }
  }

  /** The keys below the work prefix, and the uploads of the bucket. */
  async leftovers(): Promise<string[]> {
    const { client, bucket: Bucket } = this.store
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: PLACES.work }))
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
    return [...Contents.map(({ Key }) => `object ${Key}`), ...Uploads.map(({ Key }) => `upload of ${Key}`)]
  }

  /** Holds the first call of a kind. */
  hold(match: FaultMatch): HeldCall {
    const fault = this.s3.fault({ ...match, hold: true })
    return { reached: fault.reached, release: () => fault.release() }
  }

  /** Holds the first read of the source by a chunk after the first one. */
  holdSecondChunk(): HeldCall {
    return this.hold({
      operation: 'GetObject',
      key: PLACES.source,
      when: () => this.calls({ operation: 'PutObject', key: /chunk-\d+\.json$/ }).length > 0,
    })
  }

  /** Holds the write of the target. */
  holdTarget(): HeldCall {
    return this.hold({ operation: 'PutObject', key: PLACES.target })
  }

  /** Calls so far. */
  calls({ operation, key }: { readonly operation: string; readonly key: RegExp }): S3Call[] {
    return this.s3.calls.filter(call => call.operation === operation && key.test(call.key ?? ''))
  }

  /** How many media of chunks were stored, or tried to be: each attempt has a key of its own. */
  get encoded(): number {
    const calls = this.calls({ operation: 'PutObject', key: /\/chunk-\d+\/[^/]*\.mp4$/ })
    return new Set(calls.map(({ key }) => key)).size
  }

  /** Successful writes of the target. */
  get commits(): number {
    return this.calls({ operation: 'PutObject', key: /^out\// }).filter(({ status }) => status === 200).length
  }

  /** The worker that sent a call. */
  senderOf(call: S3Call, workers: readonly WorkerProcess[]): WorkerProcess {
    const agent = String(call.headers['user-agent'])
    const found = workers.find(({ name }) => new RegExp(`worker/${name}\\b`).test(agent))
    if (found === undefined) throw new Error(`Nobody sent ${call.operation} of ${call.key}: ${agent}`)
    return found
  }

  /** The first worker that begins a step. */
  async firstBusy(workers: readonly WorkerProcess[]): Promise<WorkerProcess> {
    return await Promise.race(
      workers.map(async worker => {
        await worker.hears(({ type }) => type === 'start')
        return worker
      }),
    )
  }

  /** From now on, a worker may send nothing that changes the store. */
  mustNotWrite(worker: WorkerProcess): void {
    this.#silenced.set(worker.name, performance.now())
  }

  /** From now on, a worker may send nothing at all. */
  async mustNotSend(worker: WorkerProcess): Promise<void> {
    // What it sent before has arrived once a call of this process is answered.
    await this.leftovers()
    this.#ended.set(worker.name, performance.now())
  }

  /** Calls that such workers sent all the same. */
  get forbiddenCalls(): string[] {
    return this.s3.calls.flatMap(({ startedAt, method, headers, operation, key }) => {
      const name = /worker\/(worker-\d+)/.exec(String(headers['user-agent']))?.[1] ?? ''
      const isAfter = (times: ReadonlyMap<string, number>) => startedAt > (times.get(name) ?? Infinity)
      const isWrite = !/GET|HEAD/.test(method)
      const isForbidden = isAfter(this.#ended) || (isWrite && isAfter(this.#silenced))
      return isForbidden ? [`${operation} of ${key} by ${name}`] : []
    })
  }
}

/** Resolves when a worker begins its second chunk. */
export async function secondChunk(worker: WorkerProcess): Promise<void> {
  const first = await worker.hears(({ type, name }) => type === 'start' && name === 'chunk')
  await worker.hears(one => one.type === 'start' && one.name === 'chunk' && one.piece !== first.piece)
}

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { S3Client } from '@aws-sdk/client-s3'
import { addBatch, addJob } from '../../lib/bullmq.js'
import type { Job } from '../../lib/job/schema/job.js'
import type { Arena } from '../support/topic.js'
import { stopped } from './bare-farm.js'

interface Step {
  readonly job: string
  readonly piece?: string
}

interface Message {
  readonly ready?: true
  readonly start?: Step
  readonly done?: Step
  readonly fail?: Step
  readonly reason?: string
}

/** Worker processes on an engine. */
export class EngineFarm {
  readonly #children: readonly ChildProcess[]
  #heard: (message: Message) => void = () => undefined

  private constructor(
    private readonly connection: string,
    private readonly client: S3Client,
    children: readonly ChildProcess[],
  ) {
    this.#children = children
    for (const child of children) child.on('message', (message: Message) => this.#heard(message))
  }

  static async start(
    connection: string,
    client: S3Client,
    config: Arena['client'],
    count: number,
  ): Promise<EngineFarm> {
    const script = fileURLToPath(new URL('engine-process.mjs', import.meta.url))
    const children = Array.from({ length: count }, () => fork(script, { execArgv: [] }))
    const farm = new EngineFarm(connection, client, children)
    let missing = count
    const ready = new Promise<void>(resolve => {
      farm.#heard = () => {
        if (--missing === 0) resolve()
      }
    })
    for (const child of children) child.send({ connection, config })
    await ready
    return farm
  }

  /** Runs a job for each object of a prefix; the seconds from the first start of a job to the last end. */
  async objects(source: string, template: Job, count: number): Promise<number> {
    const { connection, client } = this
    const { first, last } = await this.#during(count, () =>
      addBatch(source, template, { connection, client }),
    )
    return (last - first) / 1000
  }

  /** Runs a job in pieces; the seconds until it is done. */
  async film(job: Job): Promise<number> {
    const { connection, client } = this
    const started = performance.now()
    const { last } = await this.#during(1, () => addJob(job, { connection, client }))
    return (last - started) / 1000
  }

  /** Waits until so many jobs are done. */
  async #during(count: number, add: () => Promise<unknown>): Promise<{ first: number; last: number }> {
    const done = new Set<string>()
    let first: number | undefined
    const all = new Promise<number>((resolve, reject) => {
      this.#heard = ({ start, done: ended, fail, reason }) => {
        if (start !== undefined) first ??= performance.now()
        if (fail !== undefined) reject(new Error(reason))
        if (ended === undefined || ended.piece !== undefined) return
        if (done.add(ended.job).size === count) resolve(performance.now())
      }
    })
    const [last] = await Promise.all([all, add()])
    return { first: first!, last }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map(stopped))
  }
}

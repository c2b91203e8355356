import { randomUUID } from 'node:crypto'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { Ceph } from '../../support/servers/ceph.js'
import { Postgres } from '../../support/servers/postgres.js'
import type { QueueServer } from '../../support/servers/queue-server.js'
import { Redis } from '../../support/servers/redis.js'
import type { EngineName } from './farm.js'
import type { CaseStore } from './lab.js'

/** The stores: a new server within this process for each case, or a Ceph for all. */
export type StoreName = 'local' | 'ceph16' | 'ceph20'

/** The servers of a run, each started when a case first needs it. */
export class Servers {
  readonly #queues = new Map<EngineName, Promise<QueueServer>>()
  readonly #stores = new Map<StoreName, Promise<Ceph>>()

  /**
   * The server of an engine's queues; none within this process.
   *
   * @param isOwn - a new one, which the caller stops
   */
  async queue(engine: EngineName, isOwn: boolean): Promise<QueueServer | undefined> {
    if (engine === 'process') return undefined
    const start = () => (engine === 'redis' ? Redis.start() : Postgres.start())
    if (isOwn) return await start()
    let found = this.#queues.get(engine)
    if (found === undefined) this.#queues.set(engine, (found = start()))
    return await found
  }

  /** A new bucket of a Ceph; `undefined` for a case that opens a store itself. */
  async store(name: StoreName): Promise<CaseStore | undefined> {
    if (name === 'local') return undefined
    let found = this.#stores.get(name)
    if (found === undefined) this.#stores.set(name, (found = Ceph.start(name === 'ceph16' ? 16 : 20)))
    const { endpoint, accessKeyId, secretAccessKey } = await found
    const credentials = { accessKeyId, secretAccessKey }
    const config = { endpoint, credentials, region: 'us-east-1', forcePathStyle: true }
    const client = new S3Client(config)
    const bucket = `case-${randomUUID()}`
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    return { client, config, bucket, s3: undefined }
  }

  async stop(): Promise<void> {
    const started = await Promise.allSettled([...this.#queues.values(), ...this.#stores.values()])
    for (const one of started) if (one.status === 'fulfilled') await one.value.stop()
  }
}

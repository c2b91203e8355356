import { S3Client } from '@aws-sdk/client-s3'
import { LocalS3 } from '../../../lib/testing/index.js'
import type { QueueServer } from '../../support/servers/queue-server.js'
import type { EngineName, Farm } from './farm.js'
import { type CaseStore, Lab } from './lab.js'
import { ProcessFarm } from './process-farm.js'
import { QueueFarm } from './queue-farm.js'
import { type Situation, judged } from './situation.js'

/** Where a case runs. */
export interface CasePlace {
  readonly engine: EngineName
  /** The server of its queue, for an engine that has one. */
  readonly server?: QueueServer | undefined
  /** Its store. @defaultValue a new server within this process */
  readonly store?: CaseStore | undefined
}

let next = 0

/** Runs a situation on an engine. Returns what does not hold. */
export async function runCase(situation: Situation, place: CasePlace): Promise<readonly string[]> {
  const mark = `${process.pid}-${next++}`
  const { store, close } = place.store ? { store: place.store, close: undefined } : await ownStore()
  const farm: Farm =
    place.server === undefined
      ? new ProcessFarm(store.config, mark)
      : new QueueFarm(place.server, `case-${mark}`, store.config, mark)
  try {
    return await judged(situation, await Lab.open(farm, store), mark)
  } finally {
    // Calls that are still held would keep workers from ending.
    await close?.()
    await farm.close()
  }
}

async function ownStore(): Promise<{ store: CaseStore; close: () => Promise<void> }> {
  const s3 = await LocalS3.start({ buckets: ['case'] })
  const config = s3.clientConfig()
  const client = new S3Client(config)
  const close = async () => {
    client.destroy()
    await s3.close()
  }
  return { store: { client, config, bucket: 'case', s3 }, close }
}

import { QueueError } from '../../errors.js'

/** The optional packages, loaded when they are needed. */
export type Peer = 'bullmq' | 'ioredis' | 'pg'

/** What each is for, to follow its name. */
const PURPOSE: Readonly<Record<Peer, string>> = {
  bullmq: 'keeps the queue',
  ioredis: 'connects BullMQ to Redis and Valkey',
  pg: 'connects BullMQ to PostgreSQL',
}

const IMPORT: Readonly<Record<Peer, () => Promise<unknown>>> = {
  bullmq: () => import('bullmq'),
  ioredis: () => import('ioredis'),
  pg: () => import('pg'),
}

/**
 * Loads an optional package.
 *
 * @param load - imports it
 * @throws {@link QueueError} `AVIO_ERR_QUEUE_PEER_MISSING`
 */
export async function loadPeer<Module>(peer: Peer, load = IMPORT[peer]): Promise<Module> {
  try {
    return (await load()) as Module
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new QueueError(
      'AVIO_ERR_QUEUE_PEER_MISSING',
      `The package "${peer}" is not installed; it ${PURPOSE[peer]}. Install it beside avio-streams: ` +
        `npm install ${peer}`,
      {},
      { cause },
    )
  }
}

// The store of a benchmark, in a process of its own, so that no contender is charged for its CPU time and memory.
import { readFile } from 'node:fs/promises'
import { LocalS3 } from '../../lib/testing/index.js'
import type { Arena, Limit } from './topic.js'

/** The store's configuration. */
export interface StoreOrder {
  readonly limit: Limit | undefined
  readonly size: number
  readonly file: string | undefined
}

process.once('message', (order: StoreOrder) => void open(order))
process.send!('ready')

async function open({ limit, size, file }: StoreOrder): Promise<void> {
  const store = await LocalS3.start({
    buckets: ['bench'],
    discard: true,
    verifyPayload: false,
    etag: 'opaque',
    ...(limit && { pace: limit }),
  })
  const bytes = file === undefined ? undefined : await readFile(file)
  const zeros = Buffer.alloc(1 << 20)
  store.putSynthetic('bench', 'source', bytes?.length ?? size, (start, end) =>
    bytes === undefined ? zeros.subarray(0, Math.min(end - start, zeros.length)) : bytes.subarray(start, end),
  )
  process.once('disconnect', () => void store.close())
  const arena: Omit<Arena, 'file' | 'size'> = { client: store.clientConfig(), bucket: 'bench', key: 'source' }
  process.send!(arena)
}

// The store of a benchmark, in a process of its own, so that no contender is charged for its CPU time and memory.
import { readFile } from 'node:fs/promises'
import { LocalS3 } from '../../lib/testing/index.js'
import type { Arena, Limit } from './topic.js'

/** The store's configuration. */
export interface StoreOrder {
  readonly limit: Limit | undefined
  readonly size: number
  readonly file: string | undefined
  /** Whether uploads are kept, to be read again; otherwise they are counted and discarded. */
  readonly keep: boolean
}

/** What has been read of the source since the last question, and all requests. */
export interface Fetched {
  readonly bytes: number
  /** The ranges, in order of arrival. */
  readonly ranges: readonly string[]
  /** All requests for any object that read: GET, HEAD, LIST. */
  readonly reads: number
  /** All requests for any object that write. */
  readonly writes: number
}

process.once('message', (order: StoreOrder) => void open(order))
process.send!('ready')

async function open({ limit, size, file, keep }: StoreOrder): Promise<void> {
  const store = await LocalS3.start({
    buckets: ['bench'],
    discard: !keep,
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
  process.on('message', () => void tellFetched(store))
  const arena: Omit<Arena, 'file' | 'size'> = { client: store.clientConfig(), bucket: 'bench', key: 'source' }
  process.send!(arena)
}

async function tellFetched(store: LocalS3): Promise<void> {
  await store.idle()
  const { calls } = store
  const gets = calls.filter(({ operation, key }) => operation === 'GetObject' && key === 'source')
  const reads = calls.filter(({ operation }) => /^(?:Get|Head|List)/.test(operation ?? '')).length
  const fetched: Fetched = {
    bytes: gets.reduce((sum, { bytesOut }) => sum + bytesOut, 0),
    ranges: gets.map(({ range }) => range ?? 'all'),
    ...{ reads, writes: calls.length - reads },
  }
  store.clearCalls()
  process.send!(fetched)
}

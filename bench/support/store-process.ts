// The store of a benchmark, in a process of its own, so that no contender is charged for its CPU time and memory.
import { open as openFile } from 'node:fs/promises'
import { LocalS3 } from '../../lib/testing/index.js'
import type { Limit, StoreArena } from './topic.js'

/** The store's configuration. */
export interface StoreOrder {
  readonly limit: Limit | undefined
  readonly size: number
  readonly file: string | undefined
  readonly tls: boolean
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

async function open({ limit, size, file, tls, keep }: StoreOrder): Promise<void> {
  const store = await LocalS3.start({
    buckets: ['bench'],
    discard: !keep,
    tls,
    verifyPayload: false,
    verifyChecksums: false,
    etag: 'opaque',
    // For curl, which shows what this process can deliver.
    publicRead: true,
    ...(limit && { pace: limit }),
  })
  const content = file === undefined ? undefined : await contentOf(file)
  const zeros = Buffer.alloc(1 << 20)
  store.putSynthetic('bench', 'source', content?.size ?? size, (start, end) =>
    content === undefined ? zeros.subarray(0, end - start) : content.read(start, end),
  )
  process.once('disconnect', () => void store.close())
  process.on('message', () => void tellFetched(store))
  const arena: StoreArena = { client: store.clientConfig(), bucket: 'bench', key: 'source' }
  process.send!(arena)
}

const BLOCK = 1 << 30

interface FileContent {
  readonly size: number
  read(start: number, end: number): Buffer
}

/** A file of any size in memory: one read brings no more than 2 GiB. */
async function contentOf(path: string): Promise<FileContent> {
  const file = await openFile(path)
  try {
    const { size } = await file.stat()
    const blocks: Buffer[] = []
    for (let start = 0; start < size; start += BLOCK) {
      const block = Buffer.allocUnsafeSlow(Math.min(BLOCK, size - start))
      const { bytesRead } = await file.read(block, 0, block.length, start)
      if (bytesRead < block.length) throw new Error(`${path} gave ${bytesRead} of ${block.length} bytes`)
      blocks.push(block)
    }
    const within = (block: number, start: number, end: number) =>
      blocks[block]!.subarray(start - block * BLOCK, end - block * BLOCK)
    return {
      size,
      read(start, end) {
        const [first, last] = [Math.floor(start / BLOCK), Math.floor((end - 1) / BLOCK)]
        if (first === last) return within(first, start, end)
        return Buffer.concat([within(first, start, last * BLOCK), within(last, last * BLOCK, end)])
      },
    }
  } finally {
    await file.close()
  }
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

// The store of a benchmark, in a process of its own, so that no contender is charged for its CPU time and memory.
import { open as openFile } from 'node:fs/promises'
import { LocalS3 } from '../../lib/testing/index.js'
import { MemoryContent } from '../../lib/testing/store/memory-content.js'
import { LeanStore } from './lean-store.js'
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
  const options = {
    buckets: ['bench'],
    verifyPayload: false,
    verifyChecksums: false,
    etag: 'opaque',
    // For curl, which shows what this process can deliver.
    publicRead: true,
    ...(limit && { pace: limit }),
  } as const
  const content = file === undefined ? zeros(size) : await contentOf(file)
  let store: LeanStore | LocalS3
  if (tls || keep) {
    store = await LocalS3.start({ ...options, discard: !keep, tls })
    store.putSynthetic('bench', 'source', content.size, (start, end) => {
      const chunks = [...content.read(start, end)]
      return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    })
  } else {
    store = await LeanStore.start(options)
    store.put('bench', 'source', content)
  }
  process.once('disconnect', () => void store.close())
  process.on('message', () => void tellFetched(store))
  const arena: StoreArena = { client: store.clientConfig(), bucket: 'bench', key: 'source' }
  process.send!(arena)
}

const BLOCK = 1 << 30

/** A file of any size in memory: one read brings no more than 2 GiB. */
async function contentOf(path: string): Promise<MemoryContent> {
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
    return new MemoryContent(blocks)
  } finally {
    await file.close()
  }
}

/** Zeros, the same memory again and again. */
function zeros(size: number): MemoryContent {
  const block = Buffer.alloc(1 << 20)
  const blocks = Array<Buffer>(Math.floor(size / block.length)).fill(block)
  return new MemoryContent([...blocks, block.subarray(0, size % block.length)])
}

async function tellFetched(store: Pick<LocalS3, 'idle' | 'calls' | 'clearCalls'>): Promise<void> {
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

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { programOf } from '../../test/support/program.js'
import type { Fetched, StoreOrder } from './store-process.js'
import type { Limit, StoreArena } from './topic.js'

/** An S3 server in a process of its own that responds by the limit model, or as fast as it can. */
export class BenchStore {
  private constructor(
    readonly arena: StoreArena,
    private readonly child: ChildProcess,
  ) {}

  /**
   * @param size - the size of the object to read, in bytes
   * @param file - the content of the object to read; synthetic bytes if omitted
   * @param tls - whether it speaks https
   * @param keep - whether uploads are kept, to be read again
   */
  static async start(
    limit: Limit | 'unshaped',
    size: number,
    file: string | undefined,
    { tls = false, keep = false }: { tls?: boolean; keep?: boolean } = {},
  ): Promise<BenchStore> {
    const { path, execArgv } = programOf(new URL('store-process.ts', import.meta.url))
    const child = fork(path, { execArgv })
    await once(child, 'message')
    const order: StoreOrder = { limit: limit === 'unshaped' ? undefined : limit, size, file, tls, keep }
    child.send(order)
    const [arena] = (await once(child, 'message')) as [StoreArena]
    return new BenchStore(arena, child)
  }

  /** What has been read of the object since the last question. */
  async fetched(): Promise<Fetched> {
    const answer = once(this.child, 'message') as Promise<[Fetched]>
    this.child.send('fetched')
    return (await answer)[0]
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit')
    this.child.disconnect()
    await exited
  }
}

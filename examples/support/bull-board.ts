import type { RequestListener } from 'node:http'
import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { ExpressAdapter } from '@bull-board/express'
import type { IServerAdapter } from '@bull-board/api/typings/app'
import { Queue } from 'bullmq'

/** Bull Board below a path, as its own documentation mounts it: the library's queue is one like any other. */
export class Board {
  private constructor(
    readonly listener: RequestListener,
    private readonly queue: Queue,
  ) {}

  /** @param path - where the page lies: `/board` */
  static open(redisUrl: string, path: string): Board {
    const queue = new Queue('avio-streams', { connection: { url: redisUrl, maxRetriesPerRequest: null } })
    const adapter = new ExpressAdapter()
    adapter.setBasePath(path)
    createBullBoard({
      queues: [new BullMQAdapter(queue, { readOnlyMode: true })],
      // Its own types disagree about an optional property.
      serverAdapter: adapter as unknown as IServerAdapter,
    })
    const app = adapter.getRouter() as RequestListener
    return new Board((request, response) => {
      request.url = request.url!.slice(path.length) || '/'
      app(request, response)
    }, queue)
  }

  async close(): Promise<void> {
    await this.queue.close()
  }
}

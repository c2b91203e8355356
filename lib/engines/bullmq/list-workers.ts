import type { OpenQueue } from './open-queue.js'
import { type WorkerInfo, parseWorkerName } from './worker-name.js'

/** The workers that are connected now. */
export async function listWorkers({ queue }: Pick<OpenQueue, 'queue'>): Promise<WorkerInfo[]> {
  const clients = await queue.getWorkers()
  return clients.flatMap(({ rawname = '', name = '' }) => {
    const own = /:w:(.*)$/s.exec(rawname)?.[1] ?? name
    return parseWorkerName(own) ?? []
  })
}

/** Steps that these workers can run at the same time. */
export function slotsOf(workers: readonly WorkerInfo[]): number {
  return workers.reduce((sum, { concurrency }) => sum + concurrency, 0)
}

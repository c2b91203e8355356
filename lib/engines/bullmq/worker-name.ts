/**
 * A connected worker. All of this is in the name of its connection, which the engine lists and which disappears with
 * the worker, so that nothing has to expire.
 */
export interface WorkerInfo {
  /** The name of its host. A long one may be cut off. */
  readonly host: string
  /** The ID of its process. */
  readonly pid: number
  /** The number of steps that it runs at the same time. */
  readonly concurrency: number
  /** The version of its ffmpeg: the first 8 characters. */
  readonly ffmpeg: string
  /** The first 8 hexadecimal digits of the hash of its build of ffmpeg. */
  readonly build: string
}

/** PostgreSQL keeps 63 bytes of a name, of which BullMQ needs those of the queue and three more. */
const LONGEST = 63 - 3

/**
 * The name of a worker. The most important facts come first, because a long name is cut off.
 *
 * @param queue - the name of the queue
 */
export function workerName({ host, pid, concurrency, ffmpeg, build }: WorkerInfo, queue: string): string {
  const plain = (text: string) => text.replace(/[^\w.-]/g, '-')
  const name = [build, concurrency, pid, plain(ffmpeg).slice(0, 8), plain(host)].join('_')
  return name.slice(0, LONGEST - queue.length)
}

/** Reads the name of a worker; `undefined` for any other. */
export function parseWorkerName(name: string): WorkerInfo | undefined {
  const match = /^([0-9a-f]{8})_(\d+)_(\d+)_([^_]*)(?:_(.*))?$/.exec(name)
  if (match === null) return undefined
  const [, build, concurrency, pid, ffmpeg, host] = match as unknown as string[]
  return {
    build: build!,
    concurrency: Number(concurrency),
    pid: Number(pid),
    ffmpeg: ffmpeg!,
    host: host ?? '',
  }
}

import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { Test } from 'tap'
import type { FarmWorker } from '../../lib/engines/bullmq/farm-worker.js'
import { type JobInfo, type JobState } from '../../lib/engines/bullmq/job-info.js'
import { jobStatus } from '../../lib/engines/bullmq/job-status.js'
import { type OpenQueue, openQueue } from '../../lib/engines/bullmq/open-queue.js'
import type { WorkerOptions } from '../../lib/engines/bullmq/worker-options.js'
import { worker } from '../../lib/engines/bullmq/worker.js'
import { sleep } from '../../lib/io/async/sleep.js'
import type { Job, JobObject } from '../../lib/job/schema/job.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { QUEUE_SERVERS, type QueueServerKind } from './queue-servers.js'
import { AS_MP4, splitSource } from './split.js'

/** Redis, for tests of what does not depend on the engine. */
export const REDIS: QueueServerKind = QUEUE_SERVERS[0]!

/** Encodings of a second or two. */
const ENCODED = { video: { codec: 'h264', preset: 'ultrafast', crf: 35 }, audio: { codec: 'aac' } } as const

/** A job that makes `s3://web/<name>.mp4` of the film: four chunks of two seconds and the audio, if it is split. */
export function filmJob(
  name: string,
  { isSplit = false, ...more }: Partial<Job> & { isSplit?: boolean } = {},
): Job {
  const output: JobObject = {
    ...{ type: 'object', url: `s3://web/${name}.mp4`, format: 'mp4', layout: 'file', ...ENCODED },
  }
  const split = { work: 's3://work/w/', mode: 'prefer', chunkSeconds: 2, gop: 24 } as const
  return {
    version: 1,
    inputs: [{ url: 's3://masters/film.mov' }],
    outputs: [output],
    ...(isSplit && { split }),
    ...more,
  }
}

/** A store with a film of eight seconds. */
export async function openFilms(t: Test) {
  const s3 = await LocalS3.start({ buckets: ['masters', 'web', 'work'] })
  const client = new S3Client(s3.clientConfig())
  t.teardown(async () => {
    client.destroy()
    await s3.close()
  })
  await s3.put('masters', 'film.mov', await splitSource({ more: AS_MP4 }))
  /** What jobs have left that is no output. */
  const left = () => [...s3.keys('work'), ...s3.uploads('work'), ...s3.uploads('web')]
  /**
   * Holds reads of the film: steps go on for ever, and stop when they are told to. A job is planned first, with
   * `isPlanned`.
   */
  const hold = ({ isPlanned = false, times = Infinity } = {}) => {
    const when = () => !isPlanned || s3.keys('work').some(key => key.includes('/plan-'))
    return s3.fault({ bucket: 'masters', operation: 'GetObject', hold: true, times, when })
  }
  const remove = (bucket: string, key: string) =>
    client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
  return { s3, client, left, hold, remove }
}

/** A farm: an engine, a store, and workers that a test starts. Timings are short, so that nobody waits. */
export async function openFarm(t: Test, kind: QueueServerKind = REDIS) {
  // Workers end before the engine and the store.
  const workers: FarmWorker[] = []
  const films = await openFilms(t)
  const server = await kind.start(t)
  t.teardown(() => Promise.all(workers.map(one => one.close({ force: true }))))
  const options = { connection: server.url, client: films.client }
  let watched: Promise<OpenQueue> | undefined
  const start = async (
    more: Partial<WorkerOptions> = {},
    listen?: (one: FarmWorker) => void,
  ): Promise<FarmWorker> => {
    const times = { lockDuration: 5000, stalledInterval: 500, elsewhereDelay: 200, drainTimeout: 60_000 }
    const one = worker({ ...options, ...times, ...more })
    workers.push(one)
    listen?.(one)
    await one.ready()
    return one
  }
  /** The queue as BullMQ has it, open until the test ends. */
  const look = async (): Promise<OpenQueue> => {
    const open = await openQueue({ connection: server.url, queue: 'avio-streams' }, 'worker')
    t.teardown(() => open.close())
    return open
  }
  const info = (id: string) => jobStatus(id, { connection: server.url })
  const until = async (id: string, ...states: JobState[]): Promise<JobInfo> => {
    // One connection for all looks: each of its own would cost more than the step that it waits for.
    const { connection } = (await (watched ??= look())).engine
    for (;;) {
      const now = await jobStatus(id, { connection })
      if (states.includes(now.state)) return now
      if (now.state === 'failed' || now.state === 'done')
        throw new Error(`It is ${now.state}: ${JSON.stringify(now)}`)
      await sleep(50)
    }
  }
  return { ...films, server, options, queue: { connection: server.url }, start, look, info, until }
}

/** Resolves once a condition holds. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(25)
}

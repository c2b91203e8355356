import { BatchJobs } from '../../../../lib/engines/batch/batch-jobs.js'
import { JOB_METADATA } from '../../../../lib/job/outputs/commit-target.js'
import type { Job } from '../../../../lib/job/schema/job.js'
import { ffmpegToFile } from '../../../support/media.js'
import { QueueFarm } from '../queue-farm.js'
import type { EngineName } from '../farm.js'
import type { Lab } from '../lab.js'
import { digest } from '../film.js'
import { MANY, longFilm, longJob, manyChunks } from '../many-chunks.js'
import { type Situation, ended } from '../situation.js'

/** The heap of each process, in MB: the library and its peers take half of it, whatever they have to do. */
const HEAP = 96
/** PostgreSQL takes a multiple of Redis's time; the memory of the processes is the same. */
const OBJECTS: Readonly<Partial<Record<EngineName, number>>> = { redis: 10_000, postgres: 2000 }
const REAL = 200

/** Copies what it gets. */
function template(bucket: string): Job {
  return {
    version: 1,
    inputs: [{ url: '{url}' }],
    outputs: [
      { type: 'object', url: `s3://${bucket}/done/{name}.mp4`, format: 'mp4', video: 'copy', audio: 'none' },
    ],
  }
}

/** A second of video. */
function clip(): Promise<Buffer> {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=32x32:r=5:d=1']
  return ffmpegToFile([...source, '-c:v', 'libx264', '-preset', 'ultrafast'], 'clip.mov')
}

function queueOf({ farm }: Lab): QueueFarm {
  if (farm instanceof QueueFarm) return farm
  throw new Error('Batches need a queue')
}

async function storedAll(lab: Lab, count: number): Promise<void> {
  const { bucket } = lab.store
  const keys = lab.s3.keys(bucket).filter(key => key.startsWith('done/'))
  lab.check(keys.length === count, `${keys.length} of ${count} objects were stored`)
}

/** Much at once, in processes with little memory. */
export const MASSES: readonly Situation[] = [
  {
    name: `a film in ${MANY} chunks`,
    engines: ['redis', 'postgres'],
    run: async lab => {
      const { bucket } = lab.store
      const many = await manyChunks(bucket)
      await lab.put('in/film.mov', await longFilm())
      // Once they are handed out, each step finds its result.
      lab.s3.fault({ operation: 'PutObject', key: /plan-[^/]*\.json$/, before: () => many.store(lab.s3) })
      await Promise.all([
        lab.farm.start({ heap: HEAP, concurrency: 4 }),
        lab.farm.start({ heap: HEAP, concurrency: 4 }),
      ])
      const { id } = await lab.farm.add(longJob(bucket))
      ended(lab, await lab.farm.end(id), 'done')
      const steps = lab.farm.crew.workers
        .flatMap(({ told }) => told)
        .filter(({ type, name }) => type === 'done' && name === 'chunk')
      lab.check(steps.length === MANY, `${steps.length} chunks were handed out`)
      return { target: [many.joined], commits: [1] }
    },
  },
  {
    name: 'a batch of thousands of objects that an earlier run has stored',
    engines: ['redis', 'postgres'],
    run: async lab => {
      const count = OBJECTS[lab.farm.engine] ?? 0
      const { bucket, client } = lab.store
      const jobs = new BatchJobs(template(bucket), { client })
      for (let n = 0; n < count; n++) {
        const name = String(n).padStart(5, '0')
        const { etag } = await lab.s3.put(bucket, `batch/${name}.mov`, name)
        const { id } = await jobs.job({ url: `s3://${bucket}/batch/${name}.mov`, etag })
        await lab.s3.put(bucket, `done/${name}.mp4`, name, { metadata: { [JOB_METADATA]: id } })
      }
      lab.s3.clearCalls()
      await Promise.all([
        lab.farm.start({ heap: HEAP, concurrency: 8 }),
        lab.farm.start({ heap: HEAP, concurrency: 8 }),
      ])
      const farm = queueOf(lab)
      const added = await farm.addBatch(`s3://${bucket}/batch/`, template(bucket), HEAP)
      lab.check(added === count, `${added} jobs were added`)
      lab.check((await farm.idle()) === count, 'not all jobs are done')
      const writes = lab.s3.calls.filter(({ method }) => method !== 'GET' && method !== 'HEAD')
      lab.check(writes.length === 0, `${writes.length} objects were written again`)
      await storedAll(lab, count)
      return { target: [undefined] }
    },
  },
  {
    name: `a batch of ${REAL} small jobs, and a worker killed among them`,
    engines: ['redis', 'postgres'],
    run: async lab => {
      const { bucket } = lab.store
      for (let n = 0; n < REAL; n++) await lab.s3.put(bucket, `batch/${n}.mov`, await clip())
      const workers = await Promise.all([
        lab.farm.start({ concurrency: 2 }),
        lab.farm.start({ concurrency: 2 }),
      ])
      const farm = queueOf(lab)
      const held = lab.hold({ operation: 'PutObject', key: /^done\//, nth: REAL / 2 })
      const added = await farm.addBatch(`s3://${bucket}/batch/`, template(bucket), HEAP)
      lab.check(added === REAL, `${added} jobs were added`)
      await lab.senderOf(await held.reached, workers).kill()
      held.release()
      lab.check((await farm.idle()) === REAL, 'not all jobs are done')
      await storedAll(lab, REAL)
      const writes = lab
        .calls({ operation: 'PutObject', key: /^done\// })
        .filter(({ status }) => status === 200)
      lab.check(writes.length <= REAL + 2, `${writes.length} objects were written`)
      const digests = await Promise.all(
        Array.from({ length: REAL }, async (_, n) => digest((await lab.s3.get(bucket, `done/${n}.mp4`))!)),
      )
      lab.check(new Set(digests).size === 1, 'equal clips became different objects')
      return { target: [undefined] }
    },
  },
]

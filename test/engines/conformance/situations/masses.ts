import type { Job, JobObject } from '../../../../lib/job/schema/job.js'
import { MiB } from '../../../../lib/options.js'
import { copyingFfmpeg } from '../../../support/copying-ffmpeg.js'
import { ffmpegToFile } from '../../../support/media.js'
import type { WorkerSettings } from '../farm.js'
import { digest } from '../film.js'
import type { Lab } from '../lab.js'
import { longFilm, longJob, manyChunks } from '../many-chunks.js'
import { type Situation, ended } from '../situation.js'
import type { WorkerProcess } from '../worker-process.js'

/** How many steps the masses have. */
export interface MassSizes {
  readonly chunks: number
  readonly objects: number
}

/** In CI, where all engines together have eight minutes; and in full. */
export const SIZES: Readonly<Record<'ci' | 'full', MassSizes>> = {
  ci: { chunks: 250, objects: 500 },
  full: { chunks: 1000, objects: 10_000 },
}

/** The heap of each process, in MB: the library and its peers take half of it, whatever they have to do. */
const HEAP = 96
/** What a process may hold more at the end than after a quarter of its steps: what happens to run, not every step. */
const MOST_GROWTH = 8 * MiB
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

/** The same for bytes that only a stand-in for ffmpeg can copy: it takes them by the pipe. */
function copyOf(bucket: string): Job {
  const { outputs, ...job } = template(bucket)
  return {
    ...{ ...job, inputs: [{ url: '{url}', format: 'mpegts' }] },
    outputs: outputs.map(output => ({ ...(output as JobObject), format: 'mpegts' })),
  }
}

/** A second of video. */
function clip(): Promise<Buffer> {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=32x32:r=5:d=1']
  return ffmpegToFile([...source, '-c:v', 'libx264', '-preset', 'ultrafast'], 'clip.mov')
}

async function storedAll(lab: Lab, count: number): Promise<void> {
  const { bucket } = lab.store
  const keys = lab.s3.keys(bucket).filter(key => key.startsWith('done/'))
  lab.check(keys.length === count, `${keys.length} of ${count} objects were stored`)
}

async function both(lab: Lab, settings: WorkerSettings): Promise<WorkerProcess[]> {
  return await Promise.all([lab.farm.start(settings), lab.farm.start(settings)])
}

/**
 * Looks at what workers hold after a quarter of the writes of some objects, and returns a look at what they hold then.
 */
function watchMemory(lab: Lab, workers: readonly WorkerProcess[], key: RegExp, count: number) {
  const held = () => Promise.all(workers.map(worker => worker.memory()))
  const first = new Promise<number[]>((resolve, reject) => {
    const before = () => void held().then(resolve, reject)
    lab.s3.fault({ operation: 'PutObject', key, nth: Math.ceil(count / 4), before })
  })
  return async () => {
    const before = await first
    for (const [n, bytes] of (await held()).entries()) {
      const growth = bytes - before[n]!
      lab.check(growth <= MOST_GROWTH, `${workers[n]!.name} holds ${growth} bytes more than after a quarter`)
    }
  }
}

/** Much at once, in processes with little memory. */
export function massesOf({ chunks, objects }: MassSizes): readonly Situation[] {
  return [
    {
      name: `a film in ${chunks} chunks`,
      run: async lab => {
        const { bucket } = lab.store
        const many = await manyChunks(bucket, chunks)
        await lab.put('in/film.mov', await longFilm(chunks))
        const settings = { heap: HEAP, concurrency: 4, ffmpegPath: many.ffmpegPath }
        const isFlat = watchMemory(lab, await both(lab, settings), /chunk-\d+\.json$/, chunks)
        const { id } = await lab.farm.add(longJob(bucket))
        ended(lab, await lab.farm.end(id), 'done')
        lab.check(lab.encoded >= chunks, `${lab.encoded} chunks were encoded`)
        await isFlat()
        return { target: [many.joined], commits: [1], encoded: chunks }
      },
    },
    {
      name: `a batch of ${objects} objects`,
      run: async lab => {
        const { bucket } = lab.store
        const names = Array.from({ length: objects }, (_, n) => String(n).padStart(5, '0'))
        for (const name of names) await lab.s3.put(bucket, `batch/${name}.mov`, name)
        const settings = { heap: HEAP, concurrency: 8, ffmpegPath: copyingFfmpeg() }
        const isFlat = watchMemory(lab, await both(lab, settings), /^done\//, objects)
        const added = await lab.farm.addBatch(`s3://${bucket}/batch/`, copyOf(bucket))
        lab.check(added === objects, `${added} jobs were added`)
        lab.check((await lab.farm.idle(objects)) === objects, 'not all jobs are done')
        await isFlat()
        await storedAll(lab, objects)
        const copies = await Promise.all(names.map(name => lab.s3.get(bucket, `done/${name}.mp4`)))
        const wrong = names.filter((name, n) => String(copies[n]) !== name)
        lab.check(wrong.length === 0, `${wrong.length} objects are not copies: ${wrong[0]}`)
        const writes = lab.calls({ operation: 'PutObject', key: /^done\// })
        lab.check(writes.length === objects, `${writes.length} objects were written`)
        return { target: [undefined] }
      },
    },
    {
      name: `a batch of ${REAL} small jobs, and a worker killed among them`,
      run: async lab => {
        const { bucket } = lab.store
        for (let n = 0; n < REAL; n++) await lab.s3.put(bucket, `batch/${n}.mov`, await clip())
        const workers = await both(lab, { concurrency: 2 })
        const held = lab.hold({ operation: 'PutObject', key: /^done\//, nth: REAL / 2 })
        const added = await lab.farm.addBatch(`s3://${bucket}/batch/`, template(bucket))
        lab.check(added === REAL, `${added} jobs were added`)
        await lab.senderOf(await held.reached, workers).kill()
        held.release()
        lab.check((await lab.farm.idle(REAL)) === REAL, 'not all jobs are done')
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
}

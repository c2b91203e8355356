import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { Job } from '../../lib/job/schema/job.js'
import type { FarmTimes } from '../simulate/measurements.js'
import { BenchStore } from '../support/bench-store.js'
import { makeFilm } from '../support/film.js'
import { BareFarm } from './bare-farm.js'
import { EngineFarm } from './engine-farm.js'
import { round } from './fit-steps.js'
import { filled } from './measure-overhead.js'

/**
 * Whole farms: so many worker processes on this machine, which encode small objects and then a film in pieces, by bare
 * loops and by each engine. They take turns, because only ratios of one run count.
 */

/** What to run. */
export interface FarmsBench {
  /** Numbers of worker processes. */
  readonly processes: readonly number[]
  /** Objects of a second each. */
  readonly objects: number
  readonly film: { readonly seconds: number; readonly chunkSeconds: number }
  readonly frame: string
  readonly rounds: number
}

const ENCODER = ['-c:v', 'libx264', '-crf', '23', '-c:a', 'aac']

/** The jobs of one run: each has targets of its own, since a job that is known to an engine is not run again. */
function jobsFor(run: string, { film }: FarmsBench): { template: Job; filmJob: Job } {
  const output = (url: string, args: readonly string[]) => ({
    ...{ type: 'object' as const, url, format: 'mp4', layout: 'file' as const, args: [...args] },
  })
  return {
    template: {
      version: 1,
      inputs: [{ url: '{url}' }],
      outputs: [output(`s3://bench/${run}/{name}.mp4`, [...ENCODER, '-threads', '1'])],
    },
    filmJob: {
      version: 1,
      inputs: [{ url: 's3://bench/source' }],
      outputs: [output(`s3://bench/${run}/film.mp4`, ENCODER)],
      split: {
        ...{ work: `s3://bench/work-${run}/`, mode: 'required', threads: 1 },
        chunkSeconds: film.chunkSeconds,
      },
    },
  }
}

/** Runs every farm in every round. The engines are addresses by name, and must be empty. */
export async function measureFarms(
  bench: FarmsBench,
  engines: Readonly<Record<string, string>>,
): Promise<FarmTimes[]> {
  const folder = await mkdtemp(join(tmpdir(), 'avio-bench-'))
  try {
    const [film, clip] = [join(folder, 'film.mp4'), join(folder, 'clip.mp4')]
    await makeFilm(film, { seconds: bench.film.seconds, frame: bench.frame })
    await makeFilm(clip, { seconds: 1, frame: '320x180' })
    const store = await BenchStore.start('unshaped', (await stat(film)).size, film, { keep: true })
    const client = new S3Client(store.arena.client)
    try {
      const Body = await readFile(clip)
      for (let n = 0; n < bench.objects; n++)
        await client.send(new PutObjectCommand({ Bucket: 'bench', Key: `clips/${n}.mp4`, Body }))
      return await allFarms(bench, engines, store, client)
    } finally {
      client.destroy()
      await store.stop()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function allFarms(
  bench: FarmsBench,
  engines: Readonly<Record<string, string>>,
  { arena }: BenchStore,
  client: S3Client,
): Promise<FarmTimes[]> {
  const times: FarmTimes[] = []
  const add = (engine: string, workers: number, objects: number, film: number) =>
    times.push({ engine, workers, objects: round(objects), film: round(film) })
  for (let n = 0; n < bench.rounds; n++) {
    for (const workers of bench.processes) {
      const bare = await BareFarm.start(arena.client, workers)
      try {
        const { template, filmJob } = jobsFor(`bare-${workers}-${n}`, bench)
        const jobs = filled(template, 's3://bench/clips/', bench.objects)
        add('none', workers, await bare.objects(jobs), await bare.film(filmJob))
      } finally {
        await bare.stop()
      }
      for (const [engine, url] of Object.entries(engines)) {
        const farm = await EngineFarm.start(url, client, arena.client, workers)
        try {
          const { template, filmJob } = jobsFor(`${engine}-${workers}-${n}`, bench)
          const objects = await farm.objects('s3://bench/clips/', template, bench.objects)
          add(engine, workers, objects, await farm.film(filmJob))
        } finally {
          await farm.stop()
        }
      }
    }
  }
  return times
}

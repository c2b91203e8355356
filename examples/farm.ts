/**
 * A farm: three workers take a batch of 20 objects and a film in pieces from a queue in Redis. One worker is killed amid a
 * chunk, and another one encodes it again. A page plays the film beside Bull Board.
 *
 *   npm run example:farm                    starts a Redis of its own, an embedded store, and makes the sources
 *   npm run example:farm -- --port 8080     its page on a port of your choice
 *
 * Without a Redis, the jobs run in this process, one after the other. The page stays until Ctrl-C; without a terminal, the
 * program ends by itself.
 */
import { parseArgs } from 'node:util'
import { ListMultipartUploadsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { S3Source, locateFfmpeg } from 'avio-streams'
import { type FarmStep, addBatch, addJob, jobStatus, status } from 'avio-streams/bullmq'
import { type Job, runJob } from 'avio-streams/job'
import { Redis } from '../test/support/servers/redis.js'
import { Board } from './support/bull-board.js'
import { EmbeddedStore } from './support/embedded-store.js'
import { FarmBars } from './support/farm-bars.js'
import { FarmWorkerProcess } from './support/farm-worker.js'
import { table } from './support/format.js'
import { PlayerPage } from './support/player-page.js'
import { decodedFrames } from './support/same-frames.js'
import { showPage } from './support/show-page.js'
import { SOURCES, makeSource } from './support/sources.js'

const WORKERS = 3
const FPS = 25
const CHUNK_SECONDS = 4
/** The page of Bull Board that the page shows. */
const QUEUE_PAGE = '/board/queue/avio-streams?status=completed'
/** How often to look at the queue, in milliseconds. */
const LOOK = 250

const ENCODING = {
  video: { codec: 'h264', preset: 'ultrafast', crf: 28 },
  audio: { codec: 'aac', bitrate: 128_000 },
} as const

/** The job for each object of the batch. */
const TEMPLATE: Job = {
  version: 1,
  inputs: [{ url: '{url}' }],
  outputs: [
    { type: 'object', url: 's3://web/clips/{name}.mp4', format: 'mp4', layout: 'file', ...ENCODING },
    { type: 'thumbnails', prefix: 's3://web/clips/{name}/', count: 1, width: 160 },
  ],
}

const FILM: Job = {
  version: 1,
  inputs: [{ url: 's3://masters/film.m4v' }],
  outputs: [{ type: 'object', url: 's3://web/film.mp4', format: 'mp4', layout: 'file', ...ENCODING }],
  split: { work: 's3://web/work/', mode: 'required', chunkSeconds: CHUNK_SECONDS, gop: 2 * FPS },
}

/** A step, and who ran it. */
export interface Attempt {
  readonly worker: string
  /** `chunk-00001`, `audio`; a job as a whole, or its plan and its join, has none. */
  readonly piece: string | undefined
  readonly job: string
  /** `done`; `killed` amid it; `running` for all that came to no end. */
  end: 'done' | 'killed' | 'running'
}

/** What the example has done. */
export interface Outcome {
  /** `Redis 7.0.15`, or why there is none. */
  readonly engine: string
  readonly objects: number
  readonly attempts: readonly Attempt[]
  /** Frames of the film. */
  readonly frames: number
  /** Keys that no job was to make, and uploads. */
  readonly left: readonly string[]
  readonly url: string
  readonly close: () => Promise<void>
}

async function makeSources({ client }: EmbeddedStore, clips: number, seconds: number): Promise<void> {
  const { path } = await locateFfmpeg()
  const [avi, m4v] = SOURCES
  const put = (key: string, Body: Buffer, ContentType: string) =>
    client.send(new PutObjectCommand({ Bucket: 'masters', Key: key, Body, ContentType }))
  const clip = await makeSource(path, avi!, 1, '176x144')
  for (let n = 1; n <= clips; n++)
    await put(`clips/clip-${String(n).padStart(2, '0')}.avi`, clip, avi!.contentType)
  await put('film.m4v', await makeSource(path, m4v!, seconds, '640x360'), m4v!.contentType)
}

/** Runs everything on three workers. */
class Farm {
  readonly attempts: Attempt[] = []
  readonly #workers: FarmWorkerProcess[] = []
  readonly #bars: FarmBars
  #isKilled = false

  constructor(
    private readonly store: EmbeddedStore,
    private readonly connection: string,
    clips: number,
  ) {
    this.#bars = new FarmBars(clips)
  }

  async run(): Promise<void> {
    const { store, connection } = this
    const queue = { connection, client: store.client }
    try {
      for (let n = 1; n <= WORKERS; n++)
        this.#watch(new FarmWorkerProcess(`worker ${n}`, connection, store.config))
      await Promise.all(this.#workers.map(worker => worker.ready()))
      const film = await addJob(FILM, queue)
      const batch = await addBatch('s3://masters/clips/', TEMPLATE, queue)
      const again = await addBatch('s3://masters/clips/', TEMPLATE, queue)
      this.#bars.says(`Added a film and ${batch.added} objects; the same batch again adds ${again.added}`)
      await this.#finished(film.id)
    } finally {
      this.#bars.stop()
      await Promise.all(this.#workers.map(worker => worker.stop()))
    }
  }

  /** Follows the queue until nothing is left in it. */
  async #finished(film: string): Promise<void> {
    const { connection } = this
    for (;;) {
      const { counts, failed } = await status({ connection })
      const { state, phase = '', percent = 0, secondsLeft } = await jobStatus(film, { connection })
      const left = secondsLeft === undefined ? '' : `, ${secondsLeft.toFixed(0)} s left`
      this.#bars.film(state === 'done' ? 100 : percent, state === 'done' ? 'done' : `${phase}${left}`)
      const isWhole = ({ job, piece, end }: Attempt) => job !== film && piece === undefined && end === 'done'
      this.#bars.objects(this.attempts.filter(isWhole).length)
      const [dead] = failed
      if (dead !== undefined)
        throw new Error(`${dead.inputs.join()}: ${dead.error?.code ?? ''} ${dead.error?.message ?? ''}`)
      if (counts.waiting + counts.running + counts.split + counts.delayed === 0) return
      await new Promise(resolve => setTimeout(resolve, LOOK))
    }
  }

  #watch(worker: FarmWorkerProcess): void {
    this.#workers.push(worker)
    const { name } = worker
    worker.on('start', ({ job, piece }: FarmStep) => {
      const attempt: Attempt = { worker: name, job, piece, end: 'running' }
      this.attempts.push(attempt)
      if (piece === undefined) return
      this.#bars.says(`${name} takes ${piece}`)
      if (this.#isKilled || piece === 'audio') return
      this.#isKilled = true
      worker.kill()
      attempt.end = 'killed'
      this.#bars.says(`${name} (process ${worker.pid}) gets a SIGKILL in ${piece}`)
    })
    worker.on('done', ({ job, piece }: FarmStep) => {
      const attempt = this.attempts.findLast(
        one => one.worker === name && one.job === job && one.piece === piece,
      )
      if (attempt !== undefined) attempt.end = 'done'
      if (piece !== undefined) this.#bars.says(`${name} has encoded ${piece}`)
    })
    worker.on('fail', ({ piece }: FarmStep, reason) =>
      this.#bars.says(`${name}: ${piece ?? 'job'}: ${reason}`),
    )
  }
}

/** The same jobs without an engine. */
async function runHere({ client }: EmbeddedStore, clips: number): Promise<void> {
  const bars = new FarmBars(clips)
  try {
    for (let n = 1; n <= clips; n++) {
      const name = `clip-${String(n).padStart(2, '0')}`
      const values: Record<string, string> = { url: `s3://masters/clips/${name}.avi`, name }
      const text = JSON.stringify(TEMPLATE).replaceAll(/\{(url|name)\}/g, (_, word: string) => values[word]!)
      await runJob(JSON.parse(text) as Job, { client })
      bars.objects(n)
    }
    await runJob(FILM, { client, onProgress: ({ percent = 0, phase }) => bars.film(percent, phase) })
  } finally {
    bars.stop()
  }
}

async function leftOf({ client }: EmbeddedStore): Promise<string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'web' }))
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'web' }))
  const isWanted = (key: string) => key === 'film.mp4' || key.startsWith('clips/')
  return [...Contents.map(({ Key }) => Key!).filter(key => !isWanted(key)), ...Uploads.map(({ Key }) => Key!)]
}

function workerTable(attempts: readonly Attempt[]): string {
  const names = [...new Set(attempts.map(({ worker }) => worker))].sort()
  const count = (name: string, isPiece: boolean, end: Attempt['end']) =>
    attempts.filter(one => one.worker === name && (one.piece !== undefined) === isPiece && one.end === end)
      .length
  return table([
    ['', 'jobs', 'pieces', 'killed amid'],
    ...names.map(name => [
      ...[name, String(count(name, false, 'done')), String(count(name, true, 'done'))],
      attempts.find(one => one.worker === name && one.end === 'killed')?.piece ?? '',
    ]),
  ])
}

/** The pieces as the page shows them. */
function pageData(attempts: readonly Attempt[], frames: number, board: string | undefined) {
  const seconds = frames / FPS
  const chunks = Array.from({ length: Math.ceil(seconds / CHUNK_SECONDS) }, (_, n) => ({
    ...{ start: n * CHUNK_SECONDS, end: Math.min(seconds, (n + 1) * CHUNK_SECONDS) },
    attempts: attempts
      .filter(({ piece }) => piece === `chunk-${String(n).padStart(5, '0')}`)
      .map(({ worker, end }) => ({ worker, isKilled: end === 'killed' })),
  }))
  return { chunks, board }
}

/** A Redis, or why there is none: without one, whatever the reason, the example has another way. */
async function started(start: () => Promise<Redis>): Promise<Redis | string> {
  try {
    return await start()
  } catch (error) {
    return (error as Error).message
  }
}

/** Runs the jobs, and serves the page until it is closed. */
export async function main(
  args: readonly string[],
  {
    clips = 20,
    seconds = 16,
    redis = () => Redis.start(),
  }: { clips?: number; seconds?: number; redis?: () => Promise<Redis> } = {},
): Promise<Outcome> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { port: { type: 'string', default: '0' } },
    allowPositionals: true,
  })
  if (positionals.length > 0) throw new Error('Usage: npm run example:farm [-- --port 8080]')
  const [store, server] = await Promise.all([EmbeddedStore.start(), started(redis)])
  const stopAll = async () => {
    if (typeof server !== 'string') await server.stop()
    await store.stop()
  }
  try {
    await makeSources(store, clips, seconds)
    const engine =
      typeof server === 'string' ? `No Redis (${server}): all jobs run in this process` : server.name
    console.log(engine)
    let attempts: Attempt[] = []
    if (typeof server === 'string') await runHere(store, clips)
    else {
      const farm = new Farm(store, server.url, clips)
      await farm.run()
      attempts = farm.attempts
      console.log(`\n${workerTable(attempts)}`)
    }
    const { client } = store
    const { video } = await decodedFrames(new S3Source({ client, bucket: 'web', key: 'film.mp4' }))
    const left = await leftOf(store)
    console.log(`\nFrames of the film: ${video.length} of ${seconds * FPS}`)
    console.log(`Left of the work: ${left.length === 0 ? 'nothing' : left.join()}`)
    const board = typeof server === 'string' ? undefined : Board.open(server.url, '/board')
    const page = await PlayerPage.start(`${store.endpoint}/web/film.mp4`, Number(values.port), {
      html: 'split.html',
      data: pageData(attempts, video.length, board && QUEUE_PAGE),
      ...(board && { below: { '/board': board.listener } }),
    })
    const close = async () => {
      await page.stop()
      await board?.close()
      await stopAll()
    }
    return { engine, objects: clips, attempts, frames: video.length, left, url: page.url, close }
  } catch (error) {
    await stopAll()
    throw error
  }
}

if (process.argv[1] === import.meta.filename) await showPage(main)

/**
 * One object in pieces: two processes encode its chunks, one of them is killed amid a chunk, and the other one takes that
 * chunk. The result is joined, compared with the object that one run makes, and played on a page.
 *
 *   npm run example:split                    an embedded store and a generated source
 *   npm run example:split -- --port 8080     its page on a port of your choice
 *
 * The page stays until Ctrl-C; without a terminal, the program ends by itself.
 */
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import {
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { FfmpegReadable, S3MultipartWritable, S3Source, locateFfmpeg } from 'avio-streams'
import {
  type PieceResult,
  type SplitPlan,
  type SplitResult,
  joinChunks,
  planSplit,
  removeWork,
} from 'avio-streams/job'
import { EmbeddedStore } from './support/embedded-store.js'
import { bytes, clock, table } from './support/format.js'
import { PieceBars, pieceTitle } from './support/piece-bars.js'
import { PlayerPage } from './support/player-page.js'
import { decodedFrames, equalFrames } from './support/same-frames.js'
import { showPage } from './support/show-page.js'
import { SOURCES, makeSource } from './support/sources.js'
import { type Piece, SplitWorker } from './support/split-worker.js'

const GOP = 50
const CHUNK_SECONDS = 4
const TARGET = { bucket: 'web', key: 'talk.mp4' }
/** A constant quantizer, so that the frames of the pieces can be compared with those of one run, bit by bit. */
const ENCODING = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '26', '-c:a', 'aac', '-b:a', '128k']

/** Who encoded a piece, and who tried. */
export interface Attempt {
  readonly piece: Piece
  readonly worker: string
  /** Whether the worker was killed meanwhile. */
  readonly isKilled: boolean
}

/** What the checks found. */
export interface Checks {
  readonly plannedFrames: number
  readonly frames: number
  /** Frames with the times and the bytes that they have if one run makes the whole. */
  readonly equalFrames: number
  readonly audioFrames: number
  readonly equalAudioFrames: number
  /** Keys below the prefix of the work, and uploads in the bucket. */
  readonly left: readonly string[]
}

/** What the example has done. */
export interface Outcome {
  readonly plan: SplitPlan
  readonly attempts: readonly Attempt[]
  readonly result: SplitResult
  readonly checks: Checks
  /** The page that plays the object. */
  readonly url: string
  readonly close: () => Promise<void>
}

async function makePlan({ client }: EmbeddedStore, seconds: number): Promise<SplitPlan> {
  const [, source] = SOURCES
  const { path } = await locateFfmpeg()
  const Body = await makeSource(path, source!, seconds, '640x360')
  const { key, contentType: ContentType } = source!
  await client.send(new PutObjectCommand({ Bucket: 'masters', Key: key, Body, ContentType }))
  const plan = await planSplit(
    {
      source: { bucket: 'masters', key },
      args: ENCODING,
      output: TARGET,
      work: { bucket: 'web', prefix: 'work/' },
      ...{ chunkSeconds: CHUNK_SECONDS, gop: GOP },
    },
    { client },
  )
  if (plan.unsplit !== undefined) throw new Error(plan.unsplit.message)
  return plan
}

function planTable({ chunks, video, audio }: SplitPlan): string {
  const at = (frame: number) => clock(frame / Number(video.rate.split('/')[0]))
  return table([
    ['piece', 'from', 'to', 'frames'],
    ...chunks.map(({ start, end }, n) => [pieceTitle(n), at(start), at(end), String(end - start)]),
    ...(audio === undefined ? [] : [['audio', at(chunks[0]!.start), at(chunks.at(-1)!.end), '']]),
  ])
}

/**
 * Two processes take the pieces from one list. The second one is killed in its second piece, which goes back to the list.
 */
async function encodePieces(
  plan: SplitPlan,
  { config }: EmbeddedStore,
): Promise<{ results: PieceResult[]; attempts: Attempt[] }> {
  const todo: Piece[] = [...(plan.audio === undefined ? [] : ['audio' as const]), ...plan.chunks.keys()]
  const results: PieceResult[] = []
  const attempts: Attempt[] = []
  const bars = new PieceBars(plan)
  const steady = new SplitWorker('worker 1', plan, config)
  const doomed = new SplitWorker('worker 2', plan, config)

  /** Lets a worker encode pieces as long as there are more than `spared` of them. */
  const work = async (worker: SplitWorker, spared = 0) => {
    for (let n = 0; todo.length > spared; n++) {
      const piece = todo.shift()!
      const isLast = worker === doomed && n === 1
      bars.begins(piece, worker.name)
      const result = await worker.encode(piece, isLast, ({ frames }) => {
        bars.draws(piece, frames)
        if (!isLast) return
        worker.kill()
        bars.says(
          `${worker.name} (process ${worker.pid}) gets a SIGKILL in ${pieceTitle(piece)}, ${frames} frame${frames === 1 ? '' : 's'} in`,
        )
      })
      attempts.push({ piece, worker: worker.name, isKilled: result === undefined })
      if (result === undefined) {
        todo.unshift(piece)
        return
      }
      results.push(result)
      bars.ends(piece, worker.name)
    }
  }
  try {
    // However fast the first one is, it leaves a piece to the second one.
    await Promise.all([work(steady, 1), work(doomed)])
    await work(steady)
  } finally {
    bars.stop()
    await Promise.all([steady.stop(), doomed.stop()])
  }
  return { results, attempts }
}

/** The whole in one run, beside the source: only for the comparison. */
async function encodeWhole({ source }: SplitPlan, client: S3Client): Promise<S3Source> {
  const { bucket, key, etag } = source
  const keyFrames = ['-g', String(GOP), '-keyint_min', String(GOP), '-sc_threshold', '0']
  const whole = { client, bucket, key: 'whole.mp4' }
  await pipeline(
    new FfmpegReadable({
      input: { source: new S3Source({ client, bucket, key, etag }) },
      output: { format: 'mp4', layout: 'file', args: [...ENCODING, ...keyFrames, '-threads:v', '1'] },
    }),
    new S3MultipartWritable(whole),
  )
  return new S3Source(whole)
}

async function check(plan: SplitPlan, result: SplitResult, client: S3Client): Promise<Checks> {
  const { bucket, key, etag } = result
  const [split, whole] = await Promise.all([
    decodedFrames(new S3Source({ client, bucket, key, etag })),
    encodeWhole(plan, client).then(decodedFrames),
  ])
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
  const keys = [...Contents, ...Uploads].map(({ Key }) => Key!)
  return {
    plannedFrames: plan.chunks.at(-1)!.end - plan.chunks[0]!.start,
    frames: split.video.length,
    equalFrames: equalFrames(split.video, whole.video),
    audioFrames: split.audio.length,
    equalAudioFrames: equalFrames(split.audio, whole.audio),
    left: keys.filter(found => found !== key),
  }
}

function checkTable(checks: Checks): string {
  const { plannedFrames, frames, audioFrames, left } = checks
  const of = (part: number, all: number) => `${part} of ${all}`
  return table([
    ['frames, of those planned', of(frames, plannedFrames)],
    ['frames equal to one run', of(checks.equalFrames, frames)],
    ['audio frames equal to one run', of(checks.equalAudioFrames, audioFrames)],
    ['left of the work', left.length === 0 ? 'nothing' : left.join()],
  ])
}

/** The pieces as the page shows them. */
function pageData({ chunks, video }: SplitPlan, attempts: readonly Attempt[]) {
  const perSecond = Number(video.rate.split('/')[0])
  const [first] = chunks
  return chunks.map(({ start, end }, n) => ({
    start: (start - first!.start) / perSecond,
    end: (end - first!.start) / perSecond,
    attempts: attempts.filter(({ piece }) => piece === n),
  }))
}

/** Splits, joins and checks, and serves the page until it is closed. */
export async function main(
  args: readonly string[],
  { seconds = 16 }: { seconds?: number } = {},
): Promise<Outcome> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { port: { type: 'string', default: '0' } },
    allowPositionals: true,
  })
  if (positionals.length > 0) throw new Error('Usage: npm run example:split [-- --port 8080]')
  const store = await EmbeddedStore.start()
  const { client } = store
  try {
    const plan = await makePlan(store, seconds)
    console.log(
      `The plan ${plan.hash.slice(0, 8)}, for ffmpeg ${plan.fingerprint.ffmpeg}:\n${planTable(plan)}\n`,
    )
    const { results, attempts } = await encodePieces(plan, store)
    const result = await joinChunks(plan, results, { client })
    console.log(`\nJoined as s3://${result.bucket}/${result.key}: ${bytes(result.bytes)}`)
    console.log(`Removed ${await removeWork(plan, { client })} objects of the work`)
    const checks = await check(plan, result, client)
    console.log(`\n${checkTable(checks)}`)
    const page = await PlayerPage.start(
      `${store.endpoint}/${result.bucket}/${result.key}`,
      Number(values.port),
      {
        html: 'split.html',
        data: { chunks: pageData(plan, attempts) },
      },
    )
    const close = async () => {
      await page.stop()
      await store.stop()
    }
    return { plan, attempts, result, checks, url: page.url, close }
  } catch (error) {
    await store.stop()
    throw error
  }
}

if (process.argv[1] === import.meta.filename) await showPage(main)

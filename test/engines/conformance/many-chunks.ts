import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import { FfmpegReadable } from '../../../lib/ffmpeg/ffmpeg-readable.js'
import { planJob } from '../../../lib/job/plan-job.js'
import { chunkFilters } from '../../../lib/job/encoding/chunk-filters.js'
import { runJob } from '../../../lib/job/run-job.js'
import type { Job } from '../../../lib/job/schema/job.js'
import { type PieceResult, resultLocation } from '../../../lib/job/split/piece-result.js'
import { SOURCE_CLOCK, clockArguments } from '../../../lib/job/split/source-clock.js'
import { type SplitPlan, pieceName, workPrefix } from '../../../lib/job/split/split-plan.js'
import type { Fmp4Fragment, Fmp4Init } from '../../../lib/mp4/checks/validation-report.js'
import { Fmp4Validator } from '../../../lib/mp4/fmp4-validator.js'
import { S3Source } from '../../../lib/s3/s3-source.js'
import { LocalS3 } from '../../../lib/testing/index.js'
import { copyingFfmpeg } from '../../support/copying-ffmpeg.js'
import { ffmpegToFile } from '../../support/media.js'
import { PLACES, digest } from './film.js'

/** Frames of a second, and of a chunk. */
const RATE = 5

/** A film of so many tiny chunks. */
export function longFilm(count: number): Promise<Buffer> {
  return ffmpegToFile(
    [
      ...['-f', 'lavfi', '-i', `testsrc2=s=32x32:r=${RATE}:d=${count}`],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-fflags', '+bitexact'],
    ],
    `long-${count}.mov`,
  )
}

/** The job of that film. */
export function longJob(bucket: string): Job {
  return {
    version: 1,
    inputs: [{ url: `s3://${bucket}/${PLACES.source}` }],
    outputs: [
      {
        ...{ type: 'object', url: `s3://${bucket}/${PLACES.target}`, format: 'mp4', layout: 'file' },
        ...{ video: { codec: 'h264', preset: 'ultrafast', crf: 40 }, audio: 'none' },
      },
    ],
    split: { work: `s3://${bucket}/${PLACES.work}`, chunkSeconds: 1, gop: RATE, mode: 'required' },
  }
}

/** A chunk that one run of ffmpeg encoded with all others, because a thousand runs would take minutes. */
interface Chunk {
  readonly bytes: Buffer
  readonly objects: readonly { readonly key: string; readonly bytes: Buffer }[]
}

/** A film of many chunks, and a stand-in for ffmpeg that copies them. */
export interface ManyChunks {
  /** The stand-in. It probes, and tells of itself, by the real one. */
  readonly ffmpegPath: string
  /** The digest of the joined film. */
  readonly joined: string
}

const known = new Map<string, Promise<ManyChunks>>()

/** @param bucket - of the case */
export function manyChunks(bucket: string, count: number): Promise<ManyChunks> {
  const name = `${bucket} ${count}`
  const made = known.get(name) ?? make(bucket, count)
  known.set(name, made)
  return made
}

async function make(bucket: string, count: number): Promise<ManyChunks> {
  const s3 = await LocalS3.start({ buckets: [bucket] })
  const client = new S3Client(s3.clientConfig())
  try {
    await s3.put(bucket, PLACES.source, await longFilm(count))
    const plan = await planJob(longJob(bucket), { client })
    if (plan.unsplit !== undefined) throw new Error(plan.unsplit.message)
    const chunks = await encoded(plan, client)
    for (const { key, bytes } of chunks.flatMap(({ objects }) => objects)) await s3.put(bucket, key, bytes)
    await runJob(longJob(bucket), { client })
    const pieces = chunks.map(({ bytes }) => bytes)
    return {
      ffmpegPath: copyingFfmpeg(pieces, RATE),
      joined: digest((await s3.get(bucket, PLACES.target))!),
    }
  } finally {
    client.destroy()
    await s3.close()
  }
}

async function encoded(plan: SplitPlan, client: S3Client): Promise<Chunk[]> {
  const { source, video } = plan
  const [rendition] = video.renditions
  const { bucket, key } = source
  const ffmpeg = new FfmpegReadable({
    input: { source: new S3Source({ client, bucket, key }), args: clockArguments(source.start) },
    globalArgs: SOURCE_CLOCK,
    output: {
      format: 'mp4',
      args: [
        '-map',
        video.map,
        '-vf',
        chunkFilters({ ...video, ...rendition! }),
        '-fps_mode',
        'passthrough',
        ...rendition!.first,
      ],
    },
  })
  const validator = new Fmp4Validator()
  const fragments: Fmp4Fragment[] = []
  let init: Fmp4Init | undefined
  validator.on('init', one => (init = one))
  validator.on('fragment', one => fragments.push(one))
  const chunks: Buffer[] = []
  await pipeline(ffmpeg, validator, async bytes => {
    for await (const chunk of bytes) chunks.push(chunk as Buffer)
  })
  const bytes = Buffer.concat(chunks)
  const head = bytes.subarray(0, init!.byteLength)
  return fragments.map((fragment, n) => pieceOf(plan, n, head, init!, fragment, bytes))
}

function pieceOf(
  plan: SplitPlan,
  n: number,
  head: Buffer,
  { tracks }: Fmp4Init,
  fragment: Fmp4Fragment,
  whole: Buffer,
): Chunk {
  const { byteOffset, byteLength } = fragment
  const { startTicks, durationTicks, sampleCount } = fragment.tracks[0]!
  const piece = pieceName(n)
  const bytes = Buffer.concat([head, whole.subarray(byteOffset, byteOffset + byteLength)])
  const media = {
    ...{ bucket: plan.work.bucket, key: `${workPrefix(plan)}${piece}/copied.mp4`, bytes: bytes.length },
    etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
  }
  const rendition = {
    ...{ name: plan.video.renditions[0]!.name, media, end: bytes.length },
    init: { bytes: head.length, sha256: createHash('sha256').update(head).digest('hex') },
    tracks: [{ timescale: tracks[0]!.timescale, startTicks, durationTicks, samples: sampleCount }],
  }
  const { hash, fingerprint } = plan
  const result: PieceResult = { version: 1, plan: hash, piece, renditions: [rendition], fingerprint }
  const { key } = resultLocation(plan, piece)
  const objects = [
    { key: media.key, bytes },
    { key, bytes: Buffer.from(JSON.stringify(result)) },
  ]
  return { bytes, objects }
}

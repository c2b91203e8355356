import { createHash } from 'node:crypto'
import { Readable, type Transform, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import {
  CmafPackager,
  FfmpegReadable,
  FfmpegTransform,
  type FfmpegRunOptions,
  Fmp4Validator,
  type RandomAccess,
  S3MultipartWritable,
  S3Source,
  S3RangeReadable,
  S3Storage,
  clip,
  probe,
  thumbnails,
  transcode,
} from '../../lib/index.js'
import type { MediaName } from './media.js'

/** The input of a pipeline. */
export interface Conditions {
  readonly client: S3Client
  readonly bucket: string
  /** The key of the source. */
  readonly source: string
  /** The prefix of its outputs' keys. */
  readonly prefix: string
  /** The stall time-out, in milliseconds. */
  readonly stallTimeout: number
  readonly run: FfmpegRunOptions
  readonly ffprobePath?: string | undefined
  readonly signal: AbortSignal
  /** A replacement of the source. */
  readonly replaceSource?: ((source: RandomAccess, isAtRest: boolean) => Readable | RandomAccess) | undefined
  /** A stage of the caller's own, before the sink. */
  readonly ownStage?: (() => Transform) | undefined
}

/** A running pipeline. */
export interface Running {
  /** Resolves with its results other than objects. */
  readonly done: Promise<unknown>
  /** Its streams, in order; the caller destroys the first or the last. */
  readonly streams: readonly (Readable | Writable)[]
  /** All promises that report how it ended. */
  readonly results: readonly Promise<unknown>[]
}

/** A kind of pipeline. */
export interface Pipeline {
  readonly name: string
  /** Its description in the docs. */
  readonly title: string
  readonly media: MediaName
  /** Where faults can strike, by names of `STAGES`. */
  readonly stages: readonly string[]
  /** Its source is read by range. */
  readonly isAtRest?: true
  /** It stores nothing and has no streams of the caller. */
  readonly isReading?: true
  readonly start: (conditions: Conditions) => Running
}

const COPY = ['-c', 'copy', '-fflags', '+bitexact']

function upload(conditions: Conditions, name: string): S3MultipartWritable {
  const { client, bucket, prefix, stallTimeout, signal } = conditions
  const way = { client, bucket, key: prefix + name, signal, stallTimeout, commitTimeout: stallTimeout }
  return new S3MultipartWritable({ ...way, partSize: 5 * 2 ** 20, maxAttempts: 3 })
}

function object({ client, bucket, source, stallTimeout }: Conditions): S3Source {
  return new S3Source({ client, bucket, key: source, stallTimeout, maxAttempts: 3, partSize: 16 * 1024 })
}

/** The source as a stream. */
function stream(conditions: Conditions, partSize = 16 * 1024): Readable {
  const { client, bucket, source, stallTimeout, signal, replaceSource } = conditions
  const replaced = replaceSource?.(object(conditions), false)
  if (replaced instanceof Readable) return replaced
  const way = { client, bucket, key: source, stallTimeout, signal, partSize }
  return new S3RangeReadable({ ...way, maxAttempts: 3, concurrency: 2 })
}

/** The source as `RandomAccess`. */
function atRest(conditions: Conditions): RandomAccess {
  const { replaceSource } = conditions
  const replaced = replaceSource?.(object(conditions), true)
  return replaced === undefined || replaced instanceof Readable ? object(conditions) : replaced
}

/** Resolves when all have succeeded. */
async function all(results: readonly Promise<unknown>[]): Promise<void> {
  await Promise.all(results)
}

/** A chain of stages that ends with a sink that has `result`. */
function row(
  conditions: Conditions,
  before: readonly (Readable | Writable)[],
  sink: S3MultipartWritable,
): Running {
  const { ownStage } = conditions
  const streams = [...before, ...(ownStage ? [ownStage()] : []), sink]
  const results = [pipeline(streams as never), sink.result]
  return { streams, results, done: all(results) }
}

function transform({ run }: Conditions, more: object = {}): FfmpegTransform {
  return new FfmpegTransform({ ...run, output: { format: 'mp4', args: COPY, ...more } })
}

/** The options that tasks take. */
function taskOptions({ run: { ffmpegPath, env, limits }, signal }: Conditions) {
  return { ffmpegPath, env, limits, signal }
}

/** One decode into the fragments of three renditions, packaged. */
function packaged(conditions: Conditions, mode: 'vod' | 'event' | 'live'): Running {
  const { client, bucket, prefix, stallTimeout, signal, run } = conditions
  const storage = new S3Storage({ client, bucket, prefix, stallTimeout, maxAttempts: 3 })
  const settings = { storage, targetDuration: 1, mode, mpd: 'manifest.mpd', run: 'run', signal }
  const packager = new CmafPackager(mode === 'live' ? { ...settings, windowSize: 3 } : settings)
  const [picture, sound] = [packager.rendition({ name: 'picture' }), packager.rendition({ name: 'sound' })]
  const input = stream(conditions)
  const short = ['-frag_duration', '200000']
  const job = transcode({
    ...run,
    signal,
    input,
    outputs: [
      { format: 'mp4', args: ['-map', '0:v', ...COPY], to: picture },
      { format: 'mp4', args: ['-map', '0:a', ...COPY, ...short], to: sound },
    ],
  })
  const results = [job, packager.result]
  return { streams: [input, picture], results, done: all(results) }
}

const GET = ['get-first', 'get-later', 'get-last', 'get-every']
const READ = [...GET, 'head']
const REST = ['get-first', 'get-later', 'get-every']
const PUT = ['put']
const PARTS = ['create', 'part-first', 'part-last', 'complete', 'abort', 'list-parts']
const CHILD = ['version', 'ffmpeg']
const OWN = ['caller', 'source', 'connection']
const SINK = ['listener', 'own-stage']

const packaging = (mode: 'vod' | 'event' | 'live', title: string): Pipeline => ({
  name: mode,
  title,
  media: 'small',
  stages: [...READ, ...PUT, 'put-last', ...(mode === 'vod' ? ['delete'] : []), ...CHILD, ...OWN],
  start: conditions => packaged(conditions, mode),
})

/** All pipelines. */
export const PIPELINES: readonly Pipeline[] = [
  {
    name: 'copy',
    title: 'object to object, without ffmpeg',
    media: 'small',
    stages: [...READ, ...PUT, ...OWN, ...SINK],
    start: conditions => row(conditions, [stream(conditions)], upload(conditions, 'out')),
  },
  {
    name: 'pipe',
    title: 'through ffmpeg by pipe, checked, in one request',
    media: 'small',
    stages: [...READ, ...PUT, ...CHILD, ...OWN, ...SINK],
    start: conditions =>
      row(
        conditions,
        [stream(conditions), transform(conditions), new Fmp4Validator()],
        upload(conditions, 'out.mp4'),
      ),
  },
  {
    name: 'parts',
    title: 'the same in several parts',
    media: 'large',
    stages: [...READ, ...PARTS, 'ffmpeg', ...OWN],
    start: conditions =>
      row(
        conditions,
        [stream(conditions, 2 ** 20), transform(conditions), new Fmp4Validator()],
        upload(conditions, 'out.mp4'),
      ),
  },
  {
    name: 'address',
    title: 'by range: an MP4 with its index last',
    media: 'last',
    isAtRest: true,
    stages: [...REST, ...PUT, ...CHILD, 'look-ahead', ...OWN],
    start: conditions => {
      const { run } = conditions
      const ffmpeg = new FfmpegReadable({
        ...run,
        input: { source: atRest(conditions) },
        output: { format: 'mp4', args: COPY },
      })
      return row(conditions, [ffmpeg, new Fmp4Validator()], upload(conditions, 'out.mp4'))
    },
  },
  {
    name: 'faststart',
    title: 'an ordinary MP4, whose first part is uploaded last',
    media: 'large',
    stages: [...READ, ...PARTS, 'ffmpeg', 'caller', 'source', 'connection'],
    start: conditions =>
      row(
        conditions,
        [stream(conditions, 2 ** 20), transform(conditions, { layout: 'file' })],
        upload(conditions, 'out.mp4'),
      ),
  },
  {
    name: 'ladder',
    title: 'three outputs of one ffmpeg, all or none',
    media: 'small',
    stages: [...READ, ...PUT, 'put-last', ...CHILD, ...OWN],
    start: conditions => {
      const { signal, run } = conditions
      const input = stream(conditions)
      const sinks = ['1.mp4', '2.mp4', '3.mp4'].map(name => upload(conditions, name))
      const job = transcode({
        ...run,
        signal,
        input,
        outputs: sinks.map(to => ({ format: 'mp4', layout: 'file' as const, args: COPY, to })),
      })
      const results = [job, ...sinks.map(sink => sink.result)]
      return { streams: [input, ...sinks], results, done: all(results) }
    },
  },
  packaging('vod', 'HLS and DASH, published at the end'),
  packaging('event', 'HLS and DASH that grow'),
  packaging('live', 'HLS and DASH in a window'),
  {
    name: 'clip',
    title: 'a span of a source, by range',
    media: 'last',
    isAtRest: true,
    stages: [...REST, ...PUT, ...CHILD, ...OWN],
    start: conditions => {
      const cut = clip({ ...taskOptions(conditions), source: atRest(conditions), start: 0.6, end: 1.5 })
      return row(conditions, [cut, new Fmp4Validator()], upload(conditions, 'out.mp4'))
    },
  },
  {
    name: 'thumbnails',
    title: 'three thumbnails, by range',
    media: 'last',
    isAtRest: true,
    isReading: true,
    stages: [...REST, 'version', 'ffmpeg', 'ffprobe', ...OWN],
    start: conditions => {
      const { ffprobePath } = conditions
      const take = async () => {
        const images: string[] = []
        const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
        const [source, settings] = [atRest(conditions), taskOptions(conditions)]
        for await (const { time, image } of thumbnails({
          ...settings,
          ffprobePath,
          source,
          count: 3,
          width: 32,
        }))
          images.push(`${time} ${hash(image)}`)
        return images
      }
      const done = take()
      return { streams: [], results: [done], done }
    },
  },
  {
    name: 'probe',
    title: 'the format and streams of a source',
    media: 'last',
    isAtRest: true,
    isReading: true,
    stages: [...REST, 'ffprobe', ...OWN],
    start: conditions => {
      const { run, ffprobePath, signal, stallTimeout } = conditions
      const { ffmpegPath, env } = run
      const settings = { ffmpegPath, ffprobePath, env, signal, timeout: 4 * stallTimeout }
      const done = probe(atRest(conditions), settings)
      return { streams: [], results: [done], done }
    },
  },
]

/**
 * The main job: from an object in S3 through ffmpeg and the validator into S3, without a disk. First as four streams, then
 * as the command.
 *
 *   npm run demo                                         an embedded store and two generated sources
 *   npm run demo -- s3://masters/talk.mov s3://web/talk.mp4   your own store, found the way the AWS SDK finds it
 */
import { pipeline } from 'node:stream/promises'
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import {
  FfmpegTransform,
  Fmp4Validator,
  S3MultipartWritable,
  S3RangeReadable,
  locateFfmpeg,
  monitor,
  type UploadResult,
} from 'avio-streams'
import { EmbeddedStore } from './support/embedded-store.js'
import { bytes, table } from './support/format.js'
import { type Cost, Measurement } from './support/measure.js'
import { runCommand } from './support/run-command.js'
import { SOURCES, makeSource } from './support/sources.js'
import { StageBars } from './support/stage-bars.js'

/** The figures of one job. */
export interface Outcome extends Cost {
  readonly from: string
  readonly bytesIn: number
  readonly bytesOut: number
  readonly mediaSeconds: number
  readonly fragments: number
  readonly wallSeconds: number
  readonly upload: UploadResult
  /** The stage that the others waited for; absent if there was none. */
  readonly bottleneck: string | undefined
}

/** Runs one job and returns its figures. Without `client`, the library makes one from the environment. */
export async function transcode(
  from: string,
  to: string,
  { client, signal }: { client?: S3Client | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Outcome> {
  const measurement = await Measurement.start()
  const started = performance.now()

  const reader = new S3RangeReadable({ client, uri: from })
  const ffmpeg = new FfmpegTransform({
    output: { format: 'mp4', args: ['-c:v', 'libx264', '-preset', 'veryfast', '-c:a', 'aac'] },
  })
  const validator = new Fmp4Validator()
  const sink = new S3MultipartWritable({ client, uri: to })

  const watch = monitor([reader, ffmpeg, validator, sink], { names: ['read', 'ffmpeg', 'check', 'write'] })
  new StageBars(`${from} → ${to}`, { source: reader, ffmpeg, validator, sink }, watch)
  ffmpeg.on('spawn', child => (measurement.ffmpegPid = child.pid))
  let bytesIn = 0
  ffmpeg.on('progress', progress => (bytesIn = progress.bytesIn ?? bytesIn))

  try {
    await pipeline(reader, ffmpeg, validator, sink, { signal })
    const upload = await sink.result
    const report = validator.report!
    return {
      ...(await measurement.stop()),
      from,
      bytesIn,
      bytesOut: report.bytes,
      mediaSeconds: report.duration,
      fragments: report.fragments,
      wallSeconds: (performance.now() - started) / 1000,
      upload,
      bottleneck: watch.bottleneck,
    }
  } catch (error) {
    // On Node 20 the pipeline rejects before the upload is aborted: `result` settles after that.
    await sink.result.catch(() => undefined)
    await measurement.stop()
    throw error
  }
}

function report(outcomes: readonly Outcome[]): string {
  const or = (value: number | undefined, show: (n: number) => string) =>
    value === undefined ? '–' : show(value)
  return table([
    ['source', ...outcomes.map(o => o.from.replace(/^.*\//, ''))],
    ['bytes in', ...outcomes.map(o => bytes(o.bytesIn))],
    ['bytes out', ...outcomes.map(o => bytes(o.bytesOut))],
    ['media', ...outcomes.map(o => `${o.mediaSeconds.toFixed(2)} s`)],
    ['fragments', ...outcomes.map(o => String(o.fragments))],
    ['parts', ...outcomes.map(o => String(o.upload.parts))],
    ['bottleneck', ...outcomes.map(o => o.bottleneck ?? '–')],
    ['wall', ...outcomes.map(o => `${o.wallSeconds.toFixed(2)} s`)],
    ['× real time', ...outcomes.map(o => (o.mediaSeconds / o.wallSeconds).toFixed(1))],
    ['memory at start, Node', ...outcomes.map(o => bytes(o.memoryAtStart))],
    ['peak memory, Node', ...outcomes.map(o => bytes(o.peakMemory))],
    ['peak memory, ffmpeg', ...outcomes.map(o => or(o.ffmpegPeakMemory, bytes))],
    ['files written', ...outcomes.map(o => or(o.filesWritten?.length, String))],
    ['bytes written to disk', ...outcomes.map(o => or(o.diskBytesWritten, bytes))],
  ])
}

/** The job of the demo as one command line, with an ordinary MP4 as its result. Returns its size. */
async function byCommand({ client, config }: EmbeddedStore, signal: AbortSignal): Promise<number> {
  const [source] = SOURCES
  const encoders = ['-c:v', 'libx264', '-preset', 'veryfast', '-c:a', 'aac', '-movflags', '+faststart']
  const target = { Bucket: 'web', Key: 'by-command.mp4' }
  const words = ['-i', `s3://masters/${source!.key}`, ...encoders, `s3://${target.Bucket}/${target.Key}`]
  await runCommand(words, config, signal)
  const { ContentLength } = await client.send(new HeadObjectCommand(target), { abortSignal: signal })
  return ContentLength!
}

/** What the demo did. */
export interface DemoResult {
  readonly outcomes: Outcome[]
  /** The size of the object that the command stored; absent for objects of your own. */
  readonly byCommand?: number
}

async function demo(signal: AbortSignal): Promise<DemoResult> {
  // The SDK's warning about Node 20 does not belong in the demo.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
  const store = await EmbeddedStore.start()
  try {
    console.log(`An embedded store listens on ${store.endpoint}`)
    const { path: ffmpegPath } = await locateFfmpeg()
    const outcomes: Outcome[] = []
    for (const source of SOURCES) {
      const Body = await makeSource(ffmpegPath, source, 20)
      const { key: Key, contentType: ContentType } = source
      await store.client.send(new PutObjectCommand({ Bucket: 'masters', Key, Body, ContentType }), {
        abortSignal: signal,
      })
    }
    for (const { key } of SOURCES) {
      const to = `s3://web/${key.replace(/\.\w+$/, '.mp4')}`
      outcomes.push(await transcode(`s3://masters/${key}`, to, { client: store.client, signal }))
    }
    console.log(`\n${report(outcomes)}`)
    return { outcomes, byCommand: await byCommand(store, signal) }
  } finally {
    await store.stop()
  }
}

export async function main(args: readonly string[]): Promise<DemoResult> {
  const [from, to, ...rest] = args
  if (rest.length > 0 || (from === undefined) !== (to === undefined)) {
    throw new Error('Usage: npm run demo [-- s3://bucket/source s3://bucket/target]')
  }
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort()
  process.once('SIGINT', interrupt)
  try {
    if (from === undefined || to === undefined) return await demo(interrupted.signal)
    const outcomes = [await transcode(from, to, { signal: interrupted.signal })]
    console.log(`\n${report(outcomes)}`)
    return { outcomes }
  } finally {
    process.off('SIGINT', interrupt)
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))

/**
 * An adaptive ladder from one decode, packaged as HLS into S3, and a page that plays it.
 *
 *   npm run example:hls                    an embedded store and a generated source
 *   npm run example:hls -- talk.mov        your own source: a file, s3://bucket/key, or a URL
 *   npm run example:hls -- --port 8080     its page on a port of your choice
 *
 * The page stays until Ctrl-C; without a terminal, the program ends by itself.
 */
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import {
  CmafPackager,
  FfmpegProcess,
  type PackagingResult,
  type RandomAccess,
  S3Source,
  S3Storage,
  type SegmentStorage,
  locateFfmpeg,
} from 'avio-streams'
import { EmbeddedStore } from './support/embedded-store.js'
import { bytes, table } from './support/format.js'
import { openSource } from './support/open-source.js'
import { PlayerPage } from './support/player-page.js'
import { showPage } from './support/show-page.js'
import { SOURCES, makeSource } from './support/sources.js'

/** In seconds. Segments begin with key frames, so key frames have the same interval. */
const SEGMENT = 2

const LADDER = [
  { name: '720p', height: 720, rate: '2500k' },
  { name: '432p', height: 432, rate: '1000k' },
  { name: '240p', height: 240, rate: '400k' },
]

/** Fragments of 200 ms, so that audio can be cut close to the video's key frames. */
const SHORT = ['-frag_duration', '200000']

/** Decodes once, encodes a ladder and audio, and publishes them when all are complete. */
export async function packageLadder(source: RandomAccess, storage: SegmentStorage): Promise<PackagingResult> {
  const branches = LADDER.map(({ name, height }) => `[${name}-in]scale=-2:${height}[${name}]`)
  const ffmpeg = new FfmpegProcess({
    inputs: [{ source }],
    filterComplex: [
      `[0:v:0]split=${LADDER.length}${LADDER.map(({ name }) => `[${name}-in]`).join('')}`,
      ...branches,
    ].join(';'),
    outputs: [
      ...LADDER.map(({ name, rate }) => ({ format: 'mp4', args: ['-map', `[${name}]`, ...video(rate)] })),
      { format: 'mp4', args: ['-map', '0:a:0', '-c:a', 'aac', '-b:a', '128k', '-ac', '2', ...SHORT] },
    ],
  })
  const packager = new CmafPackager({ storage, targetDuration: SEGMENT })
  const renditions = [...LADDER.map(({ name }) => name), 'audio'].map(name => packager.rendition({ name }))
  await Promise.all([
    ...renditions.map((rendition, n) => pipeline(ffmpeg.outputs[n]!, rendition)),
    ffmpeg.result,
    packager.result,
  ])
  return packager.result
}

function video(rate: string): string[] {
  return [
    ...['-c:v', 'libx264', '-preset', 'superfast', '-pix_fmt', 'yuv420p', '-b:v', rate, '-maxrate', rate],
    ...['-bufsize', rate, '-sc_threshold', '0', '-force_key_frames', `expr:gte(t,n_forced*${SEGMENT})`],
  ]
}

async function demoSource(store: EmbeddedStore, seconds: number): Promise<RandomAccess> {
  const [, source] = SOURCES
  const { path } = await locateFfmpeg()
  const Body = await makeSource(path, source!, seconds, '1280x720')
  const { key, contentType: ContentType } = source!
  await store.client.send(new PutObjectCommand({ Bucket: 'masters', Key: key, Body, ContentType }))
  return new S3Source({ client: store.client, bucket: 'masters', key })
}

function report({ presentation }: PackagingResult): string {
  return table([
    ['rendition', 'size', 'codecs', 'peak', 'average', 'segments'],
    ...presentation.renditions.map(rendition => [
      rendition.name,
      rendition.width === undefined ? '' : `${rendition.width} × ${rendition.height ?? 0}`,
      rendition.codecs.join(),
      `${Math.round(rendition.bandwidth / 1000)} kbit/s`,
      `${Math.round(rendition.averageBandwidth / 1000)} kbit/s`,
      String(rendition.segments.length),
    ]),
  ])
}

/** Packages, and serves the page until it is closed. */
export async function main(
  args: readonly string[],
  { seconds = 20 }: { seconds?: number } = {},
): Promise<{ url: string; result: PackagingResult; close: () => Promise<void> }> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { port: { type: 'string', default: '0' } },
    allowPositionals: true,
  })
  if (positionals.length > 1) throw new Error('Usage: npm run example:hls [-- source] [--port 8080]')
  const store = await EmbeddedStore.start()
  try {
    const [from] = positionals
    const source = from === undefined ? await demoSource(store, seconds) : openSource(from)
    console.log(`Encoding ${LADDER.length} sizes from one decode …`)
    const storage = new S3Storage({ client: store.client, bucket: 'web', prefix: 'talk/' })
    const result = await packageLadder(source, storage)
    console.log(`${report(result)}\n${bytes(result.bytes)} in ${result.segments} segments`)
    const page = await PlayerPage.start(`${store.endpoint}/web/talk/main.m3u8`, Number(values.port))
    const close = async () => {
      await page.stop()
      await store.stop()
    }
    return { url: page.url, result, close }
  } catch (error) {
    await store.stop()
    throw error
  }
}

if (process.argv[1] === import.meta.filename) await showPage(main)

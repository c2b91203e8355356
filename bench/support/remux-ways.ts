import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { PassThrough, Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { MiB } from '../../lib/options.js'
import type { S3UploadSettings } from '../../lib/s3/upload/upload-options.js'
import { entryOf } from './peers.js'
import { runShellPipeline } from './shell-pipeline.js'
import type { Arena, Contender, Library, Window } from './topic.js'

/**
 * The ways from an MKV in S3 to a fragmented MP4 in S3, without encoding. Each imports what it needs by itself, because
 * the start of its process counts.
 */

const WINDOW: Window = { partSize: 8 * MiB, concurrency: 16 }
/** Those of the blog posts. */
export const FRAGMENTED = ['-movflags', 'frag_keyframe+empty_moov', '-f', 'mp4', 'pipe:1']
const COPY = ['-v', 'error', '-nostdin', '-i', 'pipe:0', '-c', 'copy']
const TARGET = 'remuxed'

const sdk = () => import('@aws-sdk/client-s3')

/** The program that the peers start: ffmpeg as the library finds it. */
export const FFMPEG = process.env['FFMPEG_PATH'] ?? 'ffmpeg'

async function clientOf(arena: Arena) {
  const { S3Client } = await sdk()
  return new S3Client(arena.client)
}

/** The library's own pipeline, with a validator, and with these options of the upload. */
async function remux(
  arena: Arena,
  load: () => Promise<Library>,
  options: Pick<S3UploadSettings, 'payloadSigning'>,
): Promise<number> {
  const [client, { FfmpegTransform, Fmp4Validator, S3MultipartWritable, S3RangeReadable }] =
    await Promise.all([clientOf(arena), load()])
  const { pipeline } = await import('node:stream/promises')
  const { bucket, key } = arena
  const { partSize, concurrency } = arena.window ?? WINDOW
  const window = { partSize, concurrency }
  let bytes = 0
  const readAhead = (concurrency + 1) * partSize
  const source = new S3RangeReadable({ client, bucket, key, readAhead, ...window })
  source.on('progress', progress => (bytes = progress.bytes))
  const sink = new S3MultipartWritable({ client, bucket, key: TARGET, ...window, ...options })
  const ffmpeg = new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } })
  await pipeline(source, ffmpeg, new Fmp4Validator(), sink)
  await sink.result
  client.destroy()
  return bytes
}

export const remuxOurs: Contender = (arena, load) => remux(arena, load, {})
/** The name of {@link remuxUnsigned}. */
export const UNSIGNED = 'avio-streams, unsigned payload'
/** What the SHA-256 of the payload costs: over https, none is the default. */
export const remuxUnsigned: Contender = (arena, load) => remux(arena, load, { payloadSigning: 'unsigned' })
/** The same over https, for stores and policies that demand it. */
export const remuxSigned: Contender = (arena, load) => remux(arena, load, { payloadSigning: 'signed' })

/** The body of one GetObject, and how many bytes it has brought. */
async function bodyOf(arena: Arena) {
  const [client, { GetObjectCommand }] = await Promise.all([clientOf(arena), sdk()])
  const { Body } = await client.send(new GetObjectCommand({ Bucket: arena.bucket, Key: arena.key }))
  const source = Body as Readable
  const moved = { bytes: 0 }
  source.on('data', (chunk: Buffer) => (moved.bytes += chunk.length))
  return { client, source, moved }
}

/** The usual blog post: GetObject, spawn, Upload. It checks nothing, and an error in the source ends as success. */
export const remuxAsInBlogPosts: Contender = async arena => {
  const [{ client, source, moved }, { Upload }] = await Promise.all([
    bodyOf(arena),
    import('@aws-sdk/lib-storage'),
  ])
  const ffmpeg = spawn(
    FFMPEG,
    [...COPY, ...FRAGMENTED].filter(word => word !== '-nostdin'),
  )
  source.pipe(ffmpeg.stdin)
  const output = new PassThrough()
  ffmpeg.stdout.pipe(output)
  const exited = once(ffmpeg, 'exit')
  await new Upload({ client, params: { Bucket: arena.bucket, Key: TARGET, Body: output } }).done()
  await exited
  client.destroy()
  return moved.bytes
}

/** fluent-ffmpeg in the place of spawn. */
export const remuxFluently: Contender = async arena => {
  const [{ client, source, moved }, { Upload }] = await Promise.all([
    bodyOf(arena),
    import('@aws-sdk/lib-storage'),
  ])
  const fluent = createRequire(import.meta.url)(arena.peers['fluent-ffmpeg']!) as (input: Readable) => {
    setFfmpegPath(path: string): void
    outputOptions(options: readonly string[]): unknown
    format(name: string): unknown
    on(event: 'error', listener: (error: Error) => void): void
    pipe(output: PassThrough): void
  }
  const output = new PassThrough()
  const command = fluent(source)
  command.setFfmpegPath(FFMPEG)
  command.outputOptions(['-c copy', '-movflags frag_keyframe+empty_moov'])
  command.format('mp4')
  command.on('error', error => output.destroy(error))
  command.pipe(output)
  await new Upload({ client, params: { Bucket: arena.bucket, Key: TARGET, Body: output } }).done()
  client.destroy()
  return moved.bytes
}

/** Copying from a pipe, with its own CPU time at the end. */
export const BENCHMARK = [
  '-v',
  'info',
  '-hide_banner',
  '-nostats',
  '-benchmark',
  '-i',
  'pipe:0',
  '-c',
  'copy',
]

/** `aws s3 cp - | ffmpeg | aws s3 cp -`, with the window of the others. */
export const remuxWithAwscli: Contender = async arena => {
  const { client, bucket, key, file, size, peers } = arena
  const { partSize, concurrency } = arena.window ?? WINDOW
  const config = `${file}.awscli`
  await writeFile(
    config,
    `[default]\ns3 =\n  max_concurrent_requests = ${concurrency}\n  multipart_chunksize = ${partSize}\n`,
  )
  const aws = [peers['awscli']!, '--endpoint-url', client.endpoint, '--region', client.region, 's3', 'cp']
  const helpers = await runShellPipeline({
    read: [...aws, '--quiet', `s3://${bucket}/${key}`, '-'],
    ffmpeg: [FFMPEG, ...BENCHMARK, ...FRAGMENTED],
    write: [...aws, '--quiet', '-', `s3://${bucket}/${TARGET}`],
    env: {
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_ACCESS_KEY_ID: client.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: client.credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      // Names a file for TLS, which there is none of here.
      AWS_CA_BUNDLE: undefined,
    },
  })
  return { bytes: size, ...helpers }
}

/** `rclone cat | ffmpeg | rclone rcat`. */
export const remuxWithRclone: Contender = async arena => {
  const { client, bucket, key, size, peers } = arena
  const { partSize, concurrency } = arena.window ?? WINDOW
  const rclone = [peers['rclone']!, '--config', '/dev/null', '--quiet']
  const upload = ['--s3-chunk-size', `${partSize}b`, '--s3-upload-concurrency', String(concurrency)]
  const helpers = await runShellPipeline({
    read: [...rclone, 'cat', `bench:${bucket}/${key}`],
    ffmpeg: [FFMPEG, ...BENCHMARK, ...FRAGMENTED],
    write: [...rclone, ...upload, '--s3-no-check-bucket', 'rcat', `bench:${bucket}/${TARGET}`],
    env: {
      RCLONE_CONFIG_BENCH_TYPE: 's3',
      RCLONE_CONFIG_BENCH_PROVIDER: 'Other',
      RCLONE_CONFIG_BENCH_ENDPOINT: client.endpoint,
      RCLONE_CONFIG_BENCH_REGION: client.region,
      RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: client.credentials.accessKeyId,
      RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: client.credentials.secretAccessKey,
      RCLONE_CONFIG_BENCH_FORCE_PATH_STYLE: 'true',
      // rclone refuses it, even over http.
      AWS_CA_BUNDLE: undefined,
    },
  })
  return { bytes: size, ...helpers }
}

/** The library's source and sink, as other muxers take them. */
async function endsOf(arena: Arena, load: () => Promise<Library>) {
  const [client, { S3MultipartWritable, S3Source }] = await Promise.all([clientOf(arena), load()])
  const { bucket, key } = arena
  const { partSize, concurrency } = arena.window ?? WINDOW
  const source = new S3Source({ client, bucket, key, partSize })
  const sink = new S3MultipartWritable({ client, bucket, key: TARGET, partSize, concurrency })
  return { client, source, sink }
}

/** mediabunny between our source and our sink, without ffmpeg. */
export const remuxWithMediabunny: Contender = async (arena, load) => {
  const [{ client, source, sink }, bunny] = await Promise.all([endsOf(arena, load), import('mediabunny')])
  const { Writable } = await import('node:stream')
  const input = new bunny.Input({
    formats: bunny.ALL_FORMATS,
    source: new bunny.CustomSource({
      getSize: () => source.size(),
      read: (start, end) =>
        Readable.toWeb(Readable.from(source.read(start, end), { objectMode: false })) as ReadableStream<
          Uint8Array<ArrayBuffer>
        >,
      prefetchProfile: 'network',
    }),
  })
  const output = new bunny.Output({
    format: new bunny.Mp4OutputFormat({ fastStart: 'fragmented' }),
    target: new bunny.AppendOnlyStreamTarget(Writable.toWeb(sink) as WritableStream<Uint8Array>),
  })
  const conversion = await bunny.Conversion.init({ input, output })
  if (!conversion.isValid) {
    throw new Error(
      `mediabunny copies none of it: ${JSON.stringify(conversion.discardedTracks.map(one => one.reason))}`,
    )
  }
  await conversion.execute()
  await sink.result
  client.destroy()
  return arena.size
}

/** What is used of node-av (https://github.com/seydx/node-av). */
interface NodeAv {
  readonly Demuxer: {
    open(
      input: { read(size: number): Promise<Buffer | null> },
      options: { format: string },
    ): Promise<{
      readonly streams: readonly { readonly index: number }[]
      packets(): AsyncIterable<{ streamIndex: number; free(): void } | null>
      close(): Promise<void>
    }>
  }
  readonly Muxer: {
    open(
      output: { write(bytes: Buffer): Promise<number> },
      options: { input: unknown; format: string; options: Record<string, string> },
    ): Promise<{
      addStream(stream: unknown): number
      writePacket(packet: unknown, index: number): Promise<void>
      close(): Promise<void>
    }>
  }
}

/** node-av expects it of Node 22; on Node 20 it reads nothing without, and reports no error. */
function provideWithResolvers(): void {
  const constructor = Promise as { withResolvers?: () => unknown }
  constructor.withResolvers ??= () => {
    let resolve!: (value: unknown) => void
    let reject!: (reason: unknown) => void
    const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]))
    return { promise, resolve, reject }
  }
}

/** node-av, ffmpeg's libraries in the process, between our reader and our sink. */
export const remuxWithNodeAv: Contender = async (arena, load) => {
  provideWithResolvers()
  const [client, { S3MultipartWritable, S3RangeReadable }, { Demuxer, Muxer }] = await Promise.all([
    clientOf(arena),
    load(),
    import(pathToFileURL(entryOf(arena.peers['node-av']!)).href) as Promise<NodeAv>,
  ])
  const { bucket, key } = arena
  const { partSize, concurrency } = arena.window ?? WINDOW
  const window = { partSize, concurrency }
  const source = new S3RangeReadable({
    client,
    bucket,
    key,
    readAhead: (concurrency + 1) * partSize,
    ...window,
  })
  const sink = new S3MultipartWritable({ client, bucket, key: TARGET, ...window })
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let rest: Buffer | undefined
  const read = async (size: number): Promise<Buffer | null> => {
    rest ??= ((await chunks.next()) as { value?: Buffer }).value
    if (rest === undefined) return null
    const part = rest.subarray(0, size)
    rest = rest.length > size ? rest.subarray(size) : undefined
    return part
  }
  const write = async (bytes: Buffer): Promise<number> => {
    // The memory is the muxer's own.
    if (!sink.write(Buffer.from(bytes))) await once(sink, 'drain')
    return bytes.length
  }
  const input = await Demuxer.open({ read }, { format: 'matroska' })
  const options = { movflags: 'frag_keyframe+empty_moov' }
  const output = await Muxer.open({ write }, { input, format: 'mp4', options })
  const streams = new Map(input.streams.map(stream => [stream.index, output.addStream(stream)]))
  for await (const packet of input.packets()) {
    if (packet === null) break
    await output.writePacket(packet, streams.get(packet.streamIndex)!)
    packet.free()
  }
  await output.close()
  await input.close()
  sink.end()
  await sink.result
  client.destroy()
  return arena.size
}

/** ffmpeg alone from file to file: what no way through S3 can undercut. */
export const remuxFiles: Contender = async ({ file }) => {
  const child = spawn(FFMPEG, [
    ...['-v', 'error', '-nostdin', '-y', '-i', file, '-c', 'copy'],
    ...['-movflags', 'frag_keyframe+empty_moov', '-f', 'mp4', `${file}.mp4`],
  ])
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`ffmpeg exited with ${String(code)}`)
  return (await stat(file)).size
}

/** All ways, by the names of tables. */
export const REMUX_WAYS: Readonly<Record<string, Contender>> = {
  'avio-streams': remuxOurs,
  'aws s3 cp | ffmpeg | aws s3 cp': remuxWithAwscli,
  'rclone cat | ffmpeg | rclone rcat': remuxWithRclone,
  'GetObject, spawn, Upload': remuxAsInBlogPosts,
  'GetObject, fluent-ffmpeg, Upload': remuxFluently,
  'mediabunny on our source and sink': remuxWithMediabunny,
  'node-av on our source and sink': remuxWithNodeAv,
  'ffmpeg file → file': remuxFiles,
}

/** The object that every way through S3 leaves. */
export const REMUXED = {
  key: TARGET,
  contenders: Object.keys(REMUX_WAYS).filter(name => !name.includes('file →')),
}

/** The peers that the ways need. */
export const REMUX_NEEDS: Readonly<Record<string, string>> = {
  'aws s3 cp | ffmpeg | aws s3 cp': 'awscli',
  'rclone cat | ffmpeg | rclone rcat': 'rclone',
  'GetObject, spawn, Upload': '@aws-sdk/lib-storage',
  'GetObject, fluent-ffmpeg, Upload': 'fluent-ffmpeg',
  'mediabunny on our source and sink': 'mediabunny',
  'node-av on our source and sink': 'node-av',
}

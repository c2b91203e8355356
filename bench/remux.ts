import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { FfmpegTransform } from '../lib/ffmpeg/ffmpeg-transform.js'
import { Fmp4Validator } from '../lib/mp4/fmp4-validator.js'
import { MiB } from '../lib/options.js'
import { S3MultipartWritable } from '../lib/s3/s3-multipart-writable.js'
import { S3RangeReadable } from '../lib/s3/s3-range-readable.js'
import { type Arena, type Topic, limitSeconds } from './support/topic.js'

const limit = { ttfb: 30, bytesPerSecond: 25e6 }
const window = { partSize: 8 * MiB, concurrency: 16 }

async function remuxOurs(arena: Arena): Promise<number> {
  const client = new S3Client(arena.client)
  let bytes = 0
  const source = new S3RangeReadable({
    client,
    bucket: arena.bucket,
    key: arena.key,
    readAhead: 17 * 8 * MiB,
    ...window,
  })
  source.on('progress', progress => (bytes = progress.bytes))
  const sink = new S3MultipartWritable({ client, bucket: arena.bucket, key: 'remuxed', ...window })
  const ffmpeg = new FfmpegTransform({ output: { format: 'mp4', args: ['-c', 'copy'] } })
  await pipeline(source, ffmpeg, new Fmp4Validator(), sink)
  await sink.result
  client.destroy()
  return bytes
}

/** The usual blog post: GetObject, spawn, Upload. It checks nothing, and an error in the source ends as success. */
async function remuxAsInBlogPosts(arena: Arena): Promise<number> {
  const client = new S3Client(arena.client)
  const { Body } = await client.send(new GetObjectCommand({ Bucket: arena.bucket, Key: arena.key }))
  const source = Body as Readable
  let bytes = 0
  source.on('data', (chunk: Buffer) => (bytes += chunk.length))
  const flags = ['-movflags', 'frag_keyframe+empty_moov', '-f', 'mp4', 'pipe:1']
  const ffmpeg = spawn('ffmpeg', ['-v', 'error', '-i', 'pipe:0', '-c', 'copy', ...flags])
  source.pipe(ffmpeg.stdin)
  const output = new PassThrough()
  ffmpeg.stdout.pipe(output)
  const exited = once(ffmpeg, 'exit')
  const params = { Bucket: arena.bucket, Key: 'remuxed', Body: output }
  await new Upload({ client, params }).done()
  await exited
  client.destroy()
  return bytes
}

export const topic: Topic = {
  title: 'Remux S3 → S3 (-c copy into fragmented MP4)',
  setting: '256 MiB, S = 8 MiB, N = 16 each way, 30 ms to first byte, 25 MB/s a connection',
  size: 256 * MiB,
  source: 'media',
  store: limit,
  // Reading and writing overlap: the limit of one is the limit of both.
  limitSeconds: bytes => limitSeconds(bytes, 8 * MiB, 16, limit),
  contenders: { 'avio-streams': remuxOurs, 'GetObject, spawn, Upload': remuxAsInBlogPosts },
}

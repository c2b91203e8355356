import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { OutputLayout } from '../lib/ffmpeg/args/output-layout.js'
import { MiB } from '../lib/options.js'
import { type Arena, type Library, type Topic, limitSeconds } from './support/topic.js'

const limit = { ttfb: 30, bytesPerSecond: 25e6 }
const window = { partSize: 8 * MiB, concurrency: 16 }

async function ours(arena: Arena, load: () => Promise<Library>, layout: OutputLayout): Promise<number> {
  const { FfmpegTransform, S3MultipartWritable, S3RangeReadable } = await load()
  const client = new S3Client(arena.client)
  const { bucket, key } = arena
  let bytes = 0
  const source = new S3RangeReadable({ client, bucket, key, readAhead: 17 * 8 * MiB, ...window })
  source.on('progress', progress => (bytes = progress.bytes))
  const sink = new S3MultipartWritable({ client, bucket, key: 'ordinary', ...window })
  await pipeline(
    source,
    new FfmpegTransform({ output: { format: 'mp4', layout, args: ['-c', 'copy'] } }),
    sink,
  )
  await sink.result
  client.destroy()
  return bytes
}

/** The usual way to an ordinary MP4: download to disk, run ffmpeg there, which writes its output twice, and upload. */
async function overTheDisk(arena: Arena): Promise<number> {
  const client = new S3Client(arena.client)
  const folder = await mkdtemp(join(tmpdir(), 'avio-bench-'))
  const [source, target] = [join(folder, 'source'), join(folder, 'target.mp4')]
  const { Body } = await client.send(new GetObjectCommand({ Bucket: arena.bucket, Key: arena.key }))
  await pipeline(Body as Readable, createWriteStream(source))
  const args = ['-v', 'error', '-i', source, '-c', 'copy', '-movflags', '+faststart', target]
  await once(spawn('ffmpeg', args, { stdio: 'ignore' }), 'exit')
  const params = { Bucket: arena.bucket, Key: 'ordinary', Body: createReadStream(target) }
  await new Upload({ client, params }).done()
  const { size } = await stat(source)
  await rm(folder, { recursive: true })
  client.destroy()
  return size
}

export const topic: Topic = {
  title: 'Remux S3 → S3 (-c copy into an ordinary MP4 with its index first)',
  setting: 'S = 8 MiB, N = 16 each way, 30 ms to first byte, 25 MB/s a connection',
  size: 256 * MiB,
  source: 'media',
  store: limit,
  limitSeconds: bytes => limitSeconds(bytes, 8 * MiB, 16, limit),
  ours: ['avio-streams, ordinary', 'avio-streams, fragmented'],
  contenders: {
    'avio-streams, ordinary': (arena, load) => ours(arena, load, 'file'),
    'avio-streams, fragmented': (arena, load) => ours(arena, load, 'stream'),
    'download, +faststart, Upload': overTheDisk,
  },
}

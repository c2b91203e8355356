import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { S3Client } from '@aws-sdk/client-s3'
import { FFMPEG } from './support/remux-ways.js'
import type { Arena, Contender, Moved, Topic } from './support/topic.js'

const MP3 = ['-c:a', 'libmp3lame', '-b:a', '96k']

/** Does a piece of work for each object, as many at once as there are cores. */
async function forEach({ count = 1, size }: Arena, work: (n: number) => Promise<unknown>): Promise<Moved> {
  const started = performance.now()
  let next = 0
  const loop = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, loop))
  return { bytes: count * size, figure: (1000 * count) / (performance.now() - started) }
}

const ours: Contender = async (arena, load) => {
  const { FfmpegTransform, S3MultipartWritable, S3RangeReadable } = await load()
  const client = new S3Client(arena.client)
  const { bucket, key } = arena
  const moved = await forEach(arena, async n => {
    const sink = new S3MultipartWritable({ client, bucket, key: `small-${n}.mp3` })
    const ffmpeg = new FfmpegTransform({ output: { format: 'mp3', args: MP3 } })
    await pipeline(new S3RangeReadable({ client, bucket, key }), ffmpeg, sink)
    await sink.result
  })
  client.destroy()
  return moved
}

const bare: Contender = arena =>
  forEach(arena, n =>
    promisify(execFile)(FFMPEG, [
      ...['-v', 'error', '-nostdin', '-y', '-i', arena.file, ...MP3],
      `${arena.file}-${n % availableParallelism()}.mp3`,
    ]),
  )

export const topic: Topic = {
  title: 'Small objects: 200 kB of AAC → MP3, as many at once as there are cores',
  setting: 'S3 → S3 without limits; the loop of ffmpeg reads and writes files',
  size: 200_000,
  quickSize: 200_000,
  count: { full: 1000, quick: 20 },
  source: 'audio',
  store: 'unshaped',
  figure: 'objects/s',
  contenders: { 'avio-streams': ours, 'ffmpeg in a loop': bare },
}

import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import { GiB, MiB } from '../lib/options.js'
import type { Contender, Topic } from './support/topic.js'

/** PCM through ffmpeg from S3 to S3, everything at its defaults: a stream of any length. */
export const byDefault: Contender = async (arena, load) => {
  const { FfmpegTransform, S3MultipartWritable, S3RangeReadable } = await load()
  const client = new S3Client(arena.client)
  const { bucket, key } = arena
  let bytes = 0
  const source = new S3RangeReadable({ client, bucket, key })
  source.on('progress', progress => (bytes = progress.bytes))
  const sink = new S3MultipartWritable({ client, bucket, key: 'copied' })
  const ffmpeg = new FfmpegTransform({
    input: { format: 's16le' },
    output: { format: 's16le', args: ['-c', 'copy'] },
  })
  await pipeline(source, ffmpeg, sink)
  await sink.result
  client.destroy()
  return bytes
}

export const topic: Topic = {
  title: 'Peak memory over idle, default options',
  setting: 'PCM S3 → ffmpeg -c copy → S3 without limits',
  size: GiB,
  quickSize: 64 * MiB,
  source: 'bytes',
  store: 'unshaped',
  contenders: { 'avio-streams': byDefault },
}

import { execFile } from 'node:child_process'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { MiB } from '../lib/options.js'
import { fileToFile } from './pipe.js'
import { FFMPEG } from './support/remux-ways.js'
import type { Arena, Contender, Library, Topic } from './support/topic.js'

const x264 = ['-c:v', 'libx264', '-preset', 'medium', '-c:a', 'aac']

async function throughS3(arena: Arena, load: () => Promise<Library>): Promise<number> {
  const [{ S3Client }, { FfmpegTransform, Fmp4Validator, S3MultipartWritable, S3RangeReadable }] =
    await Promise.all([import('@aws-sdk/client-s3'), load()])
  const client = new S3Client(arena.client)
  const { bucket, key } = arena
  let bytes = 0
  const source = new S3RangeReadable({ client, bucket, key })
  source.on('progress', progress => (bytes = progress.bytes))
  const sink = new S3MultipartWritable({ client, bucket, key: 'transcoded' })
  const ffmpeg = new FfmpegTransform({ output: { format: 'mp4', args: x264 } })
  await pipeline(source, ffmpeg, new Fmp4Validator(), sink)
  await sink.result
  client.destroy()
  return bytes
}

/** What a shell script does: down to a file, ffmpeg, and up again. */
const overFiles: Contender = async arena => {
  const source = `${arena.file}.downloaded`
  await promisify(execFile)('curl', [
    ...['--silent', '--fail', '--output', source],
    `${arena.client.endpoint}/${arena.bucket}/${arena.key}`,
  ])
  await promisify(execFile)(FFMPEG, ['-v', 'error', '-nostdin', '-y', '-i', source, ...x264, `${source}.mp4`])
  return arena.size
}

export const topic: Topic = {
  title: 'Transcode S3 → S3 (bound by ffmpeg), whole processes with their start',
  setting: 'Matroska (1080p, 40 Mbit/s) to H.264 medium, default options, no limits',
  size: 144 * MiB,
  quickSize: 8 * MiB,
  source: 'hd',
  store: 'unshaped',
  clock: 'process',
  contenders: {
    'avio-streams': throughS3,
    'ffmpeg file → file': arena => fileToFile(arena, x264),
    'curl to a file, ffmpeg': overFiles,
  },
}

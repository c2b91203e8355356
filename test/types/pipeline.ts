import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import {
  type FfmpegOrigin,
  FfmpegReadable,
  FfmpegTransform,
  Fmp4Validator,
  S3MultipartWritable,
  S3Source,
  S3RangeReadable,
  type ValidationReport,
  locateFfmpeg,
  locateFfprobe,
} from 'avio-streams'

// The pipeline of the README.
await pipeline(
  new S3RangeReadable({ uri: 's3://masters/talk.avi' }),
  new FfmpegTransform({ output: { format: 'mp4', args: ['-c:v', 'libx264', '-c:a', 'aac'] } }),
  new Fmp4Validator(),
  new S3MultipartWritable({ uri: 's3://web/talk.mp4', contentType: 'video/mp4' }),
)

// The same with variables, a client, and a signal.
const client = new S3Client({})
const { signal } = new AbortController()
const source = new S3RangeReadable({ client, bucket: 'masters', key: 'talk.avi', signal })
const ffmpeg = new FfmpegTransform({
  input: { format: 'avi', args: ['-ss', '5'], seek: 'auto' },
  output: { format: 'mp4', args: ['-c', 'copy'], onMissing: 'error' },
  killTimeout: 1000,
  limits: { threads: 2 },
})
const validator = new Fmp4Validator({ strict: true })
const sink = new S3MultipartWritable({ client, bucket: 'web', key: 'talk.mp4', partSize: 8 * 1024 ** 2 })
await pipeline(source, ffmpeg, validator, sink, { signal })

const report: ValidationReport | undefined = validator.report
const { etag, parts }: { etag: string; parts: number } = await sink.result
void [report, etag, parts]

// Files at either end: every stage is a Node stream.
await pipeline(
  createReadStream('in.mkv'),
  new FfmpegTransform({ output: { format: 'matroska' } }),
  createWriteStream('out.mkv'),
)

// ffmpeg as a reader.
const readable = new FfmpegReadable({
  input: { source: new S3Source({ client, bucket: 'masters', key: 'talk.mov' }) },
  output: { format: 'mp3', args: ['-vn'] },
})
for await (const chunk of readable) void chunk

// Events have typed arguments.
ffmpeg.on('spawn', ({ path, from, args, pid }) => {
  const origin: FfmpegOrigin = from
  const shown: [string, readonly string[], number] = [path, args, pid]
  void [origin, shown]
})
ffmpeg.on('progress', ({ percent }) => {
  const share: number | undefined = percent
  void share
})
ffmpeg.on('log', ({ level, message }) => void `${level} ${message}`)
validator.on('fragment', ({ tracks }) => void tracks.length)
sink.on('progress', progress => void progress)
sink.on('error', error => void error.message)
source.on('data', chunk => void chunk.subarray(1)).once('close', () => undefined)
await new Promise(resolve => ffmpeg.once('close', resolve))

// @ts-expect-error: a misspelt event
sink.on('progres', () => undefined)
// @ts-expect-error: an event of readable streams
sink.once('data', () => undefined)
// @ts-expect-error: an unknown option
new FfmpegTransform({ output: { format: 'mp4', argz: [] } })
// @ts-expect-error: an output requires a format
new FfmpegTransform({ output: { args: ['-c', 'copy'] } })
// @ts-expect-error: arguments are an array
new FfmpegTransform({ output: { format: 'mp4', args: '-c copy' } })
// @ts-expect-error: null does not select the default
new FfmpegTransform({ output: { format: 'mp4' }, killTimeout: null })
// @ts-expect-error: a byte count is a number
new S3MultipartWritable({ uri: 's3://web/talk.mp4', partSize: '8M' })

const { path } = await locateFfmpeg('ffmpeg')
const ffprobe: string | undefined = (await locateFfprobe())?.path
void [path.length, ffprobe]

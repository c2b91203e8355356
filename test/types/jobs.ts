import { createReadStream, createWriteStream } from 'node:fs'
import {
  BytesSource,
  CommitGroup,
  type FfmpegOutputOptions,
  FfmpegProcess,
  FfmpegReadable,
  FfmpegTransform,
  type FileResult,
  Fmp4Validator,
  FileSource,
  FileWritable,
  HttpSource,
  type MediaInfo,
  type RandomAccess,
  S3MultipartWritable,
  S3RangeReadable,
  S3Source,
  type UploadResult,
  clip,
  isFileMuxer,
  keyframes,
  probe,
  storyboard,
  thumbnails,
  transcode,
  storyboardVtt,
} from 'avio-streams'

const source = new S3Source({ uri: 's3://masters/talk.mov' })
const sources: RandomAccess[] = [
  source,
  new BytesSource({ bytes: new Uint8Array(8) }),
  new FileSource({ path: 'talk.mov' }),
  new HttpSource({ url: 'https://example.com/talk.mov' }),
]

const info: MediaInfo = await probe(source, { timeout: 5000 })
const duration: number | undefined = info.format.duration
const keys = await keyframes(source)
const inputs = [source, { source }]
for (const input of inputs) void [await probe(input), await keyframes(input)]
await probe({ source: createReadStream('talk.mov'), timeout: 5000 })
await keyframes({ source, track: 2 })
for (const { time } of keys.frames) void (time + (duration ?? 0))

await transcode({
  input: source,
  outputs: [
    {
      format: 'mp4',
      layout: 'file',
      args: ['-c:v', 'libx264'],
      to: new S3MultipartWritable({ uri: 's3://web/talk.mp4', contentType: 'video/mp4' }),
    },
    { format: 'mp3', args: ['-vn'], to: new FileWritable({ path: 'talk.mp3' }) },
  ],
  onProgress: ({ percent }) => void ((percent ?? 0) + 1),
})
await transcode({
  inputs: [{ source: createReadStream('picture.mkv') }, { source, args: ['-ss', '5'] }],
  outputs: [{ format: 'mp4', to: [new S3MultipartWritable({ uri: 's3://web/both.mp4' })] }],
})

const graph = new FfmpegProcess({
  inputs: sources.map(source => ({ source })),
  filterComplex: '[0:v][1:v]hstack[out]',
  outputs: [{ format: 'mp4', args: ['-map', '[out]'] }],
})
for (const output of graph.outputs) output.pipe(new S3MultipartWritable({ uri: 's3://web/out.mp4' }))
await graph.result

// An input is a source, or an object with a source; the results have the types of the sinks.
const sink = new S3MultipartWritable({ uri: 's3://web/talk.mp4' })
const { results } = await transcode({
  input: { source, args: ['-ss', '5'] },
  outputs: [
    { format: 'mp4', layout: 'file', to: [new Fmp4Validator(), sink] },
    { format: 'wav', layout: 'file', to: new FileWritable({ path: 'talk.wav' }) },
    { format: 'mpegts', to: createWriteStream('talk.ts') },
  ],
})
const [uploaded, written, other]: readonly [UploadResult, FileResult, unknown] = results
void [uploaded.etag, written.path, other]
const rungs = await transcode({
  inputs: [source, createReadStream('talk.mov')],
  outputs: [720, 360].map(height => ({
    format: 'mp4' as const,
    layout: 'file' as const,
    args: ['-vf', `scale=-2:${height}`],
    to: new S3MultipartWritable({ uri: `s3://web/talk-${height}.mp4` }),
  })),
})
const etags: string[] = rungs.results.map(({ etag }) => etag)
new FfmpegReadable({ input: source, output: { format: 'mp4', cover: 'keep' } })
new FfmpegReadable({ inputs: [source, { source }], output: { format: 'mp4' } })
const anyFormat: string = etags[0] ?? 'mp4'
new FfmpegReadable({ input: source, output: { format: anyFormat } })
// A format known at run time only: narrowed, it has a choice of layout.
const narrowed: FfmpegOutputOptions = isFileMuxer(anyFormat)
  ? { format: anyFormat, layout: 'file' }
  : { format: anyFormat }
new FfmpegReadable({ input: source, output: narrowed })
if (!isFileMuxer(anyFormat)) throw new Error(`${anyFormat} can't be written as a file`)
new FfmpegReadable({ input: source, output: { format: anyFormat, layout: 'file' } })
await transcode({
  input: source,
  outputs: [{ format: anyFormat, layout: 'file', to: new FileWritable({ path: 'talk' }) }],
})
declare const configured: { format: string; layout: 'stream' | 'file' }
const { format, layout } = configured
if (isFileMuxer(format)) new FfmpegTransform({ output: { format, layout } })
if (format === 'mp4') new FfmpegTransform({ output: { format, layout, cover: 'keep' } })
const images = { png: 'image2pipe', 'a newer muxer': 'vvc' } as const
new FfmpegReadable({ input: source, output: { format: images.png } })
new FfmpegReadable({ input: source, output: { format: images['a newer muxer'] } })
declare const unset: undefined
new S3Source({ bucket: 'masters', key: 'talk.mov', uri: unset })
thumbnails({ source, times: [1, 2], every: unset })

await clip({ source, start: 3, end: 8 }).toArray()
for await (const { time, image } of thumbnails({ source, every: 10, width: 320 })) {
  const bytes: Buffer = image
  void [time + 1, bytes]
}
for await (const { image, tiles } of storyboard({ source, count: 20, columns: 5 })) void [image.length, tiles]

void [CommitGroup, storyboardVtt]

// @ts-expect-error: bucket requires key
new S3Source({ bucket: 'masters' })
// @ts-expect-error: ... or a URI, but not both
new S3RangeReadable({ bucket: 'masters', key: 'talk.mov', uri: 's3://masters/talk.mov' })
// @ts-expect-error: ... and one of them is required
new S3MultipartWritable({ contentType: 'video/mp4' })
// @ts-expect-error: times or every, not both
thumbnails({ source, times: [1, 2], every: 10 })
// @ts-expect-error: one of times, every and count is required
thumbnails({ source, width: 320 })
// @ts-expect-error: every or count, not both
storyboard({ source, every: 10, count: 20 })
// @ts-expect-error: input or inputs, not both
new FfmpegReadable({ input: source, inputs: [source], output: { format: 'mp4' } })
// @ts-expect-error: an input is required
new FfmpegReadable({ output: { format: 'mp4' } })
// @ts-expect-error: an input is required
await transcode({ outputs: [{ format: 'mp4', to: sink }] })
// @ts-expect-error: a path is not a source
new FfmpegReadable({ input: 'talk.mov', output: { format: 'mp4' } })
// @ts-expect-error: a stream is not a source
new FfmpegReadable({ input: createReadStream('talk.mov'), output: { format: 'mp4' } })
// @ts-expect-error: Matroska has no layout
new FfmpegReadable({ input: source, output: { format: 'matroska', layout: 'file' } })
// @ts-expect-error: ... nor do all formats have one
new FfmpegReadable({ input: source, output: { format: configured.format, layout: 'file' } })
// @ts-expect-error: ... nor has Smooth Streaming
new FfmpegTransform({ output: { format: 'ismv', layout: 'file' } })
// @ts-expect-error: only MP4 and M4A support cover
new FfmpegTransform({ output: { format: 'mp3', layout: 'file', cover: 'keep' } })
// @ts-expect-error: each result has the type of its own sink
void rungs.results[0]?.path
// @ts-expect-error: outputs are required
await transcode({ input: source })
// @ts-expect-error: an output requires a target
await transcode({ input: source, outputs: [{ format: 'mp4' }] })
// @ts-expect-error: a clip requires an end
clip({ source, start: 3 })
// @ts-expect-error: an unknown image format
thumbnails({ source, every: 10, format: 'bmp' })
// @ts-expect-error: a path is not a source
await probe('talk.mov')
// @ts-expect-error: ... nor is it in an object
await probe({ source: 'talk.mov' })
// @ts-expect-error: options beside the source or as second argument, not both
await probe({ source }, { timeout: 5000 })
// @ts-expect-error: the source is given once
await keyframes(source, { source })
// @ts-expect-error: a stream has no key frames without an index
await keyframes({ source: createReadStream('talk.mov') })

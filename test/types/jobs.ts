import { createReadStream } from 'node:fs'
import {
  BytesSource,
  CommitGroup,
  FfmpegProcess,
  FileSource,
  FileWritable,
  HttpSource,
  type MediaInfo,
  type RandomAccess,
  S3MultipartWritable,
  S3Source,
  clip,
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
  new BytesSource(new Uint8Array(8)),
  new FileSource('talk.mov'),
  new HttpSource({ url: 'https://example.com/talk.mov' }),
]

const info: MediaInfo = await probe(source, { timeout: 5000 })
const duration: number | undefined = info.format.duration
const keys = await keyframes(source)
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
    { format: 'mp3', args: ['-vn'], to: new FileWritable('talk.mp3') },
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

await clip({ source, start: 3, end: 8 }).toArray()
for await (const { time, image } of thumbnails({ source, every: 10, width: 320 })) {
  const bytes: Buffer = image
  void [time + 1, bytes]
}
for await (const { image, tiles } of storyboard({ source, count: 20, columns: 5 })) void [image.length, tiles]

void [CommitGroup, storyboardVtt]

// @ts-expect-error: a transcode has outputs
await transcode({ input: source })
// @ts-expect-error: an output goes somewhere
await transcode({ input: source, outputs: [{ format: 'mp4' }] })
// @ts-expect-error: a clip has an end
clip({ source, start: 3 })
// @ts-expect-error: a format of images that there is not
thumbnails({ source, every: 10, format: 'bmp' })
// @ts-expect-error: a path is no source
await probe('talk.mov')

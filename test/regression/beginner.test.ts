import { once } from 'node:events'
import { PassThrough, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { S3Client } from '@aws-sdk/client-s3'
import t from 'tap'
import {
  BytesSource,
  CommitGroup,
  FfmpegReadable,
  FfmpegTransform,
  FileSource,
  FileWritable,
  HttpSource,
  probe,
  S3Source,
  transcode,
  type TranscodeOptions,
} from '../../lib/index.js'

/** Mistakes of a first program, and the remedy that each error must name. */

const output = (args: readonly unknown[] = [], format = 'mp4') =>
  new FfmpegTransform({ output: { format, args: args as string[] } })
const source = new FileSource({ path: 'talk.mov' })
const wrong = <T>(value: unknown) => value as T

const mistakes: [mistake: string, make: () => unknown, remedy: RegExp][] = [
  ['an option and its value in one element', () => output(['-c:v libx264']), /Write "-c:v", "libx264"/],
  ['a time with its option in one element', () => output(['-ss 1']), /Write "-ss", "1"/],
  ["a shell's quotes", () => output(['-vf', '"scale=320:-2"']), /Write "scale=320:-2"/],
  ['a number among the arguments', () => output(['-b:v', 10]), /output\.args\[1\].*write "10"/],
  ...(
    [
      ['mkv', 'matroska'],
      ['m4a', 'ipod'],
      ['aac', 'adts'],
      ['ts', 'mpegts'],
      ['jpg', 'image2pipe'],
    ] as const
  ).map(([name, muxer]): [string, () => unknown, RegExp] => [
    `the format "${name}"`,
    () => output([], name),
    new RegExp(`which is "${muxer}" here`),
  ]),
  [
    '-i among the arguments of an input',
    () => new FfmpegReadable({ input: { source, args: ['-i', 'b.mp4'] }, output: { format: 'mp4' } }),
    /"-i" in option "input\.args" is refused: .*source in "input"/,
  ],
  [
    'a path as a source',
    () => new FfmpegReadable({ input: { source: wrong('a/b.avi') }, output: { format: 'mp4' } }),
    /new FileSource\(\{ path: 'a\/b\.avi' \}\)/,
  ],
  [
    'a path as an input',
    () => new FfmpegReadable({ input: wrong('a/b.avi'), output: { format: 'mp4' } }),
    /new FileSource\(\{ path: 'a\/b\.avi' \}\)/,
  ],
  ['a path to probe', () => probe(wrong('a/b.avi')), /new FileSource\(\{ path: 'a\/b\.avi' \}\)/],
  [
    'a path to transcode',
    () => transcode(wrong<TranscodeOptions>({ input: 'a/b.avi', outputs: [{}] })),
    /new FileSource/,
  ],
  [
    'a stream as a source',
    () =>
      new FfmpegReadable({
        input: { source: wrong(new BytesSource({ bytes: Buffer.from('x') }).createReadStream()) },
        output: { format: 'mp4' },
      }),
    /a stream is piped into FfmpegTransform/,
  ],
  [
    'an AbortController for its signal',
    () => new FfmpegTransform({ output: { format: 'mp4' }, signal: wrong(new AbortController()) }),
    /the "signal" of an AbortController\), got an AbortController/,
  ],
  [
    'a URL in place of options',
    () => new HttpSource(wrong('https://x/y?sig=1')),
    /got "https:\/\/x\/y": write \{ url: … \}$/,
  ],
  ['a path in place of options', () => new FileSource(wrong('a.mov')), /got "a\.mov": write \{ path: … \}$/],
  [
    'a URL object in place of options',
    () => new FileSource(wrong(new URL('file:///a.mov?x=1'))),
    /got a URL: write \{ path: … \}$/,
  ],
  ['bytes in place of options', () => new BytesSource(wrong(Buffer.from('x'))), /write \{ bytes: … \}$/],
  [
    'a path in place of the options of a sink',
    () => new FileWritable(wrong('a.mp4')),
    /write \{ path: … \}$/,
  ],
  [
    'an s3: address in place of options',
    () => new S3Source(wrong('s3://a/b')),
    /got "s3:\/\/a\/b": write \{ uri: … \}$/,
  ],
  ['a list in place of options', () => new CommitGroup(wrong([])), /write \{ members: … \}$/],
  [
    'a source for a stage that is piped into',
    () => new FfmpegTransform({ input: wrong({ source }), output: { format: 'mp4' } }),
    /to read from a source, use FfmpegReadable/,
  ],
  [
    'a source in a pipeline',
    () => pipeline(wrong<Readable>(source), new PassThrough()),
    /createReadStream\(\)/,
  ],
  [
    'bytes in a pipeline',
    () => pipeline(wrong<Readable>(new BytesSource({ bytes: Buffer.from('x') })), new PassThrough()),
    /^BytesSource is a source/,
  ],
  [
    'an HttpSource in a pipeline',
    () => pipeline(wrong<Readable>(new HttpSource({ url: 'http://x/' })), new PassThrough()),
    /^HttpSource is a source/,
  ],
  [
    'an S3Source in a pipeline',
    () => pipeline(wrong<Readable>(new S3Source({ uri: 's3://bucket/k' })), new PassThrough()),
    /^S3Source is a source/,
  ],
]

for (const [mistake, make, remedy] of mistakes) {
  t.test(`tells what to write in place of ${mistake}`, async t => {
    await t.rejects(async () => make(), { code: /^AVIO_ERR_(OPTION|ARGUMENT_REFUSED)$/, message: remedy })
  })
}

t.test('tells that a client without a region needs one', async t => {
  const client = new S3Client({
    endpoint: 'http://127.0.0.1:1',
    region: () => Promise.reject<string>(new Error('Region is missing')),
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  t.teardown(() => client.destroy())
  await t.rejects(new S3Source({ client, uri: 's3://bucket/k' }).size(), {
    code: 'AVIO_ERR_WRONG_REGION',
    message: /Give the client a region .*AWS_REGION/,
    retryable: false,
  })
})

t.test('names the file of which ffmpeg can make nothing', async t => {
  const folder = t.testdir({ 'page.mp4': '<html><body>no media</body></html>'.repeat(50) })
  const file = new FileSource({ path: `${folder}/page.mp4` })
  const stage = new FfmpegReadable({ input: file, output: { format: 'mp4', args: ['-c', 'copy'] } })
  const [error] = (await once(stage.resume(), 'error')) as [Error]
  t.match(error, { code: 'AVIO_ERR_INPUT_INVALID', message: /page\.mp4: .*Invalid data/, retryable: false })
})

t.test('tells that a reader and a stage serve one job', async t => {
  const read = () => new BytesSource({ bytes: Buffer.from('x') }).createReadStream()
  const [reader, sink] = [read(), new FileWritable({ path: `${t.testdir()}/out` })]
  await pipeline(reader, sink)
  const remedies = { code: 'AVIO_ERR_STAGE_USED', message: /Create a new (source|one) for each run/ }
  const other = new FfmpegTransform({ output: { format: 'mp4' } })
  await t.rejects(pipeline(reader, other, new PassThrough()), remedies)
  const another = read()
  another.pipe(sink)
  t.match((await once(another, 'error'))[0], remedies)
})

t.test('suggests the encoder that a misspelt or mistaken name means', async t => {
  const picture = Buffer.concat([Buffer.from('P6 64 64 255\n'), Buffer.alloc(64 * 64 * 3)])
  for (const [name, meant] of [
    ['libx246', 'libx264'],
    ['h265', 'libx265'],
  ] as const) {
    const stage = new FfmpegReadable({
      input: { source: new BytesSource({ bytes: picture }), format: 'ppm_pipe' },
      output: { format: 'mp4', args: ['-c:v', name] },
    })
    const [error] = (await once(stage.resume(), 'error')) as [Error]
    t.match(error, { code: 'AVIO_ERR_UNKNOWN_ENCODER', message: new RegExp(`Did you mean "${meant}"`) })
  }
})

for (const [mistake, args, remedy] of [
  ['a misspelt preset', ['-preset', 'vryfast'], /'vryfast'.*Did you mean "veryfast"/],
  ['an odd height', ['-pix_fmt', 'yuv420p', '-vf', 'scale=321:241'], /321x241.*scale=-2:720/],
] as const) {
  t.test(`tells what to do about ${mistake}, in the encoder's own words`, async t => {
    const picture = Buffer.concat([Buffer.from('P6 64 64 255\n'), Buffer.alloc(64 * 64 * 3)])
    const stage = new FfmpegReadable({
      input: { source: new BytesSource({ bytes: picture }), format: 'ppm_pipe' },
      output: { format: 'mp4', args: ['-c:v', 'libx264', ...args] },
    })
    const [error] = (await once(stage.resume(), 'error')) as [Error]
    t.match(error, { code: 'AVIO_ERR_FFMPEG_ARGUMENT', message: remedy })
  })
}

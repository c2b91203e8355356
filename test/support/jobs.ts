import type { Job, JobOutput } from '../../lib/job/schema/job.js'

/** A job of one input, with these outputs. */
export function jobOf(outputs: readonly JobOutput[], rest: Partial<Job> = {}): Job {
  return { version: 1, inputs: [{ url: 's3://in/a.mov' }], outputs: [...outputs], ...rest }
}

/** Jobs as people write them. */
export const GOOD_JOBS: Record<string, Job> = {
  'an ordinary MP4': jobOf([
    {
      type: 'object',
      url: 's3://out/a.mp4',
      format: 'mp4',
      layout: 'file',
      args: ['-c:v', 'libx264', '-c:a', 'aac'],
    },
  ]),
  'two inputs, a filter, two outputs': jobOf(
    [
      {
        type: 'object',
        url: 's3://out/a.mp4',
        format: 'mp4',
        args: ['-map', '[v]'],
        metadata: { title: 'A' },
      },
      {
        type: 'object',
        url: 's3://out/a.m4a',
        format: 'ipod',
        args: ['-vn'],
        cover: 'keep',
        ifNoneMatch: '*',
      },
    ],
    {
      inputs: [{ url: 's3://in/a.mov', args: ['-ss', '10'] }, { url: 'https://x/logo.png?signature=1' }],
      filterComplex: '[0][1]overlay[v]',
    },
  ),
  'a package': jobOf([
    {
      type: 'package',
      prefix: 's3://web/talk/',
      targetDuration: 4,
      mpd: 'manifest.mpd',
      renditions: [
        { name: '720p', video: { codec: 'h264', height: 720, crf: 23, preset: 'fast' }, audio: 'none' },
        { name: 'sound', language: 'en', audio: { codec: 'aac', bitrate: 128_000 }, video: 'none' },
      ],
      images: { every: 10, columns: 4 },
    },
  ]),
  pictures: jobOf([
    { type: 'thumbnails', prefix: 's3://web/a/', count: 8, width: 320 },
    { type: 'storyboard', prefix: 'file:///web/a/', every: 10 },
    { type: 'thumbnails', prefix: 'web/', times: [0, 1.5], format: 'webp', exact: true },
  ]),
  'a probe': jobOf([{ type: 'probe' }, { type: 'probe', url: 's3://out/a.json', input: 0 }]),
  'a long film in pieces': jobOf(
    [
      {
        type: 'object',
        url: 's3://out/film.mp4',
        format: 'mp4',
        layout: 'file',
        args: ['-c:v', 'libx265', '-crf', '24'],
      },
    ],
    {
      $schema: 'avio-streams/job.schema.json',
      inputs: [{ url: 's3://in/film.mxf', versionId: 'v7', etag: '"abc"' }],
      split: {
        ...{ work: 's3://tmp/work/', chunkSeconds: 60, frameRate: '24000/1001', gop: 48, mode: 'required' },
        encodeSpeed: { chunk: 0.35, whole: 4 },
      },
      limits: { timeout: 7_200_000 },
    },
  ),
  'standard input and output': jobOf(
    [{ type: 'object', url: '-', format: 'matroska', video: 'copy', audio: 'copy' }],
    {
      inputs: [{ url: '-', format: 'mpegts' }],
    },
  ),
}

/** A value of a job, by its path in JavaScript: `inputs[0].url`. */
type Change = readonly [job: string, path: string, value: unknown, rule: string, told?: string]

/** A valid job with one value replaced, added, or removed (`undefined`). */
function broken(name: string, path: string, value: unknown): unknown {
  const job = JSON.parse(JSON.stringify(GOOD_JOBS[name])) as object
  const keys = path.split(/[.[\]]+/).filter(key => key !== '')
  const holder = keys.slice(0, -1).reduce<object>((at, key) => Reflect.get(at, key) as object, job)
  if (value === undefined) Reflect.deleteProperty(holder, keys.at(-1)!)
  else Reflect.set(holder, keys.at(-1)!, value)
  return job
}

/** What is changed in which job, what the message says of it, and the path it tells, if another. */
const CHANGES: readonly Change[] = [
  ['a probe', 'version', 2, 'version must be 1'],
  ['a probe', 'inputs', undefined, 'inputs is missing'],
  ['a probe', 'inputs', [], 'inputs must have at least 1 element'],
  ['a probe', 'output', [], 'output is not a field of a job.'],
  [
    'a probe',
    'filterComplx',
    'null',
    'filterComplx is not a field of a job (did you mean "filterComplex"?).',
  ],
  ['a probe', 'inputs[0].arg', [], 'inputs[0].arg is not a field of a job (did you mean "args"?).'],
  ['a probe', 'inputs[0].uri', 's3://a/b', 'inputs[0].uri is not a field of a job.'],
  ['an ordinary MP4', 'outputs[0].contenttype', 'video/mp4', '(did you mean "contentType"?).'],
  ['an ordinary MP4', 'outputs[0].ifNonMatch', '*', '(did you mean "ifNoneMatch"?).'],
  ['a package', 'outputs[0].rendition', [], 'outputs[0].rendition is not a field of a job.'],
  ['a package', 'outputs[0].renditions[1].vidoe', 'copy', 'renditions[1].vidoe is not a field of a job'],
  ['a package', 'outputs[0].renditions[0].video.hieght', 720, 'hieght is not a field of a job'],
  ['pictures', 'outputs[0].widht', 160, 'outputs[0].widht is not a field of a job'],
  ['a long film in pieces', 'limits.timeOut', 1000, 'limits.timeOut is not a field of a job'],
  ['a long film in pieces', 'split.chunkSecond', 30, 'split.chunkSecond is not a field of a job'],
  ['a probe', 'inputs[0].url', undefined, 'inputs[0].url is missing'],
  ['a probe', 'inputs[0].url', 's3://in', 'must be s3://bucket/key'],
  ['a probe', 'inputs[0].url', 'concat:a|b', 'must be s3://bucket/key'],
  ['a probe', 'inputs[0].args', ['-ss', 10], 'must be a string', 'inputs[0].args[1]'],
  ['a probe', 'inputs[0].etag', null, 'must be a string'],
  ['a probe', 'outputs[0].type', 'probes', 'must be one of "object", "package"'],
  ['a probe', 'outputs[0].input', 1.5, 'must be an integer'],
  ['an ordinary MP4', 'outputs[0].url', 'https://x/y', 'must be s3://bucket/key, a path'],
  ['an ordinary MP4', 'outputs[0].format', 'm p4', "must be ffmpeg's name"],
  ['an ordinary MP4', 'outputs[0].layout', 'progressive', 'must be one of "stream", "file"'],
  ['an ordinary MP4', 'outputs[0].metadata', { a: 1 }, 'must be a string', 'outputs[0].metadata.a'],
  ['an ordinary MP4', 'outputs[0].ifNoneMatch', 'x', 'must be "*"'],
  ['a package', 'outputs[0].prefix', 's3://web/talk', 'and end with "/"'],
  ['a package', 'outputs[0].renditions[1].name', 'a/b', 'must consist of letters'],
  ['a package', 'outputs[0].renditions[0].video.height', 721, 'must be one of 144'],
  ['a package', 'outputs[0].renditions[0].video.codec', 'h265', 'must be one of "h264"'],
  ['a package', 'outputs[0].renditions[0].video.fps', 25, 'is not a field of a job'],
  ['a package', 'outputs[0].renditions[0].video', 'cpy', 'must be one of "copy", "none"'],
  ['a package', 'outputs[0].images.count', 3, 'must have exactly one of "times"', 'outputs[0].images'],
  ['pictures', 'outputs[0].count', 0, 'must be at least 1'],
  ['pictures', 'outputs[0].count', 10_001, 'must be at most 10000'],
  [
    'pictures',
    'outputs[1].every',
    undefined,
    'must have exactly one of "times", "every" and "count"',
    'outputs[1]',
  ],
  ['a long film in pieces', 'limits.timeout', 0.5, 'must be an integer'],
  ['a long film in pieces', 'limits.maxDuration', 0, 'must be more than 0'],
  ['a long film in pieces', 'split.frameRate', '25.0', 'must be a whole number or a fraction'],
  ['a long film in pieces', 'split.work', undefined, 'split.work is missing'],
  ['a long film in pieces', 'split.mode', 'always', 'must be one of "auto"'],
  ['a long film in pieces', 'split.encodeSpeed', 2, 'must be an object'],
  ['a long film in pieces', 'split.encodeSpeed.chunk', 0, 'must be more than 0'],
  ['a long film in pieces', 'split.encodeSpeed.whole', 100_001, 'must be at most 100000'],
  ['a long film in pieces', 'split.encodeSpeed.whole', '4x', 'must be a number'],
  ['a long film in pieces', 'split.encodeSpeed.fps', 25, 'is not a field of a job'],
]

/** Values that are no jobs, each with the path of what is wrong and what the message says of it. */
export const BAD_JOBS: readonly (readonly [value: unknown, path: string, rule: string])[] = [
  [undefined, '', 'the job is missing'],
  ...[null, 7, 'job', [], true].map(value => [value, '', 'the job must be an object'] as const),
  [{}, 'version', 'version must be 1'],
  ...CHANGES.map(([job, path, value, rule, told = path]) => [broken(job, path, value), told, rule] as const),
]

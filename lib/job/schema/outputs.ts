import { z } from 'zod'
import { args, formatName, headerValue, outputUrl, plainName, prefix, seconds, strings } from './fields.js'
import { audio, video } from './encoding.js'

/** Properties of every object in S3. */
const stored = {
  cacheControl: headerValue.optional().describe('The `Cache-Control` header.'),
  storageClass: headerValue.optional().describe('The storage class in S3, such as `STANDARD_IA`.'),
  serverSideEncryption: z
    .enum(['AES256', 'aws:kms', 'aws:kms:dsse'])
    .optional()
    .describe('Server-side encryption. By default that of the bucket.'),
  kmsKeyId: headerValue.optional().describe('The KMS key for `aws:kms`.'),
}

/** The condition of every output; `what` says of which keys. */
const ifNoneMatch = (what: string) => z.literal('*').optional().describe(what)
const ifNoneMatchBelow = ifNoneMatch('Store only if no object exists under any of the keys.')

const encoding = {
  video: video.optional(),
  audio: audio.optional(),
  args: args.optional().describe('ffmpeg arguments for this output, after those for `video` and `audio`.'),
}

/** One object. */
export const objectOutput = z
  .strictObject({
    type: z.literal('object'),
    url: outputUrl,
    format: formatName.describe('The muxer, by ffmpeg’s name: `mp4`, `matroska`, `mp3` …'),
    layout: z
      .enum(['stream', 'file'])
      .optional()
      .describe(
        '`file`: the bytes as in a file (an MP4 with its index first); `stream`: those of a pipe (fragmented MP4). ' +
          'By default `stream`, or `file` if `args` have `+faststart`.',
      ),
    cover: z.enum(['leave-out', 'keep']).optional().describe('Cover art in `mp4` and `ipod`.'),
    ...encoding,
    onMissing: z
      .enum(['tell', 'error'])
      .optional()
      .describe('Whether an input stream that is in no output is reported, or an error. By default `tell`.'),
    contentType: headerValue
      .optional()
      .describe('The `Content-Type` header. By default derived from the muxer and the extension of the key.'),
    contentDisposition: headerValue.optional().describe('The `Content-Disposition` header.'),
    contentLanguage: headerValue.optional().describe('The `Content-Language` header.'),
    metadata: strings.optional().describe('User metadata (`x-amz-meta-…`).'),
    tags: strings.optional().describe('Tags of the object.'),
    ...stored,
    ifNoneMatch: ifNoneMatch('Store only if no object exists under the key.'),
    ifMatch: headerValue.optional().describe('Replace only an object with this ETag.'),
  })
  .meta({ id: 'object', description: 'One object, written by one of ffmpeg’s muxers.' })

/** One rendition of a package. */
export const packageRendition = z
  .strictObject({
    name: plainName.describe('The name of the rendition and of its directory.'),
    label: z.string().optional().describe('The name of an audio rendition in a player’s menu.'),
    groupId: z.string().optional().describe('The group of an audio rendition. By default `audio`.'),
    language: z.string().optional().describe('The language, by BCP 47: `en`, `pt-BR`.'),
    default: z.boolean().optional().describe('Whether players choose it if the user has no preference.'),
    autoselect: z
      .boolean()
      .optional()
      .describe('Whether players may choose it based on the user’s settings.'),
    ...encoding,
  })
  .meta({ id: 'rendition', description: 'One rendition of a package.' })

const imageFormat = z.enum(['jpeg', 'png', 'webp']).optional().describe('By default `jpeg`.')
const side = z.int().min(2).max(4096)

const ONE_OF_TIMES = {
  error: 'must have exactly one of "times", "every" and "count"',
}
const hasOneTime = (value: { times?: unknown; every?: unknown; count?: unknown }) =>
  [value.times, value.every, value.count].filter(given => given !== undefined).length === 1
const oneTimeInSchema = { oneOf: ['times', 'every', 'count'].map(name => ({ required: [name] })) }

const pictures = {
  times: z.array(seconds).min(1).max(10_000).optional().describe('The times of the images, in seconds.'),
  every: z.number().min(0.001).max(1e6).optional().describe('The interval between images, in seconds.'),
  count: z.int().min(1).max(10_000).optional().describe('The number of images, spread evenly.'),
  exact: z
    .boolean()
    .optional()
    .describe('The exact frame at each time, instead of the key frame before it. By default `false`.'),
  format: imageFormat,
}

const sheet = {
  columns: z.int().min(1).max(100).optional().describe('Tiles in a row. By default 5.'),
  rows: z.int().min(1).max(100).optional().describe('Rows of a sheet. By default 5.'),
  width: side.optional().describe('Width of a tile in pixels. By default 160.'),
  height: side.optional().describe('Height of a tile in pixels. By default derived from the width.'),
}

/** Thumbnails in a package, for players' seek bars. */
export const packageImages = z
  .strictObject({ name: plainName.optional().describe('By default `thumbnails`.'), ...pictures, ...sheet })
  .refine(hasOneTime, ONE_OF_TIMES)
  .meta({ ...oneTimeInSchema, id: 'images', description: 'Sheets of thumbnails, listed in the playlists.' })

/** HLS and DASH. */
export const packageOutput = z
  .strictObject({
    type: z.literal('package'),
    prefix,
    targetDuration: z
      .int()
      .min(1)
      .max(60)
      .optional()
      .describe('Length of segments, in seconds. By default 6.'),
    layout: z
      .enum(['segments', 'byterange'])
      .optional()
      .describe('One object per segment, or one per rendition. By default `segments`.'),
    playlist: plainName.optional().describe('Name of the multivariant playlist. By default `main.m3u8`.'),
    mpd: plainName.optional().describe('Name of the DASH manifest. By default none is stored.'),
    run: plainName
      .optional()
      .describe('The directory of this run’s objects. By default named after the time.'),
    removeReplaced: z.boolean().optional().describe('Whether to remove the objects of the replaced package.'),
    align: z
      .boolean()
      .optional()
      .describe('Whether video renditions must be cut at the same times. By default `true`.'),
    renditions: z.array(packageRendition).min(1).max(64),
    images: packageImages.optional(),
    storageClass: stored.storageClass,
    serverSideEncryption: stored.serverSideEncryption,
    kmsKeyId: stored.kmsKeyId,
    ifNoneMatch: ifNoneMatch('Store only if neither the multivariant playlist nor the manifest exists.'),
  })
  .meta({
    id: 'package',
    description: 'A package: segments with HLS playlists, and optionally a DASH manifest.',
  })

const input = z.int().min(0).max(63).optional().describe('The number of the input, from 0. By default 0.')

/** Thumbnails. */
export const thumbnailsOutput = z
  .strictObject({
    type: z.literal('thumbnails'),
    prefix,
    input,
    ...pictures,
    width: z.int().min(1).max(16_384).optional().describe('In pixels. By default that of the video.'),
    height: z.int().min(1).max(16_384).optional().describe('In pixels. By default derived from the width.'),
    ...stored,
    ifNoneMatch: ifNoneMatchBelow,
  })
  .refine(hasOneTime, ONE_OF_TIMES)
  .meta({
    ...oneTimeInSchema,
    id: 'thumbnails',
    description: 'Thumbnails of the video, one object each: `thumbnail-00001.jpg` …',
  })

/** Sheets of thumbnails. */
export const storyboardOutput = z
  .strictObject({
    ...{ type: z.literal('storyboard'), prefix, input, ...pictures, ...sheet, ...stored },
    ifNoneMatch: ifNoneMatchBelow,
  })
  .refine(hasOneTime, ONE_OF_TIMES)
  .meta({
    ...oneTimeInSchema,
    id: 'storyboard',
    description:
      'Sheets of thumbnails, `sheet-00001.jpg` …, and `storyboard.vtt`, their WebVTT index for players.',
  })

/** A report on an input. */
export const probeOutput = z
  .strictObject({
    type: z.literal('probe'),
    input,
    url: outputUrl
      .optional()
      .describe('The location to store the report at, as JSON. By default it is only in the result.'),
    ifNoneMatch: ifNoneMatch('Store only if no object exists under the key.'),
  })
  .meta({ id: 'probe', description: 'A report on an input: its container, streams and durations.' })

/** One output of a job. */
export const jobOutput = z.discriminatedUnion('type', [
  objectOutput,
  packageOutput,
  thumbnailsOutput,
  storyboardOutput,
  probeOutput,
])

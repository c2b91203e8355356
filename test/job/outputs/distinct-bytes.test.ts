import t from 'tap'
import { distinctBytes } from '../../../lib/job/outputs/distinct-bytes.js'
import { ffmpegToPipe, ffmpegThroughPipes, videoInput } from '../../support/media.js'

const MARK = '01234567-89ab-cdef-0123-456789abcdef'
const still = (encoder: string[], pixels = 'yuv420p', size = '34x18') =>
  ffmpegToPipe([
    ...videoInput({ seconds: 1, size }),
    ...['-frames:v', '1', '-pix_fmt', pixels, ...encoder, '-f', 'image2pipe'],
  ])
/** What a decoder shows, and it must have no complaint. */
const pixelsOf = (image: Uint8Array) =>
  ffmpegThroughPipes(
    [
      '-xerror',
      '-err_detect',
      'explode',
      '-f',
      'image2pipe',
      '-i',
      '-',
      '-pix_fmt',
      'rgba',
      '-f',
      'rawvideo',
    ],
    image,
  )

const IMAGES: Record<string, Promise<Buffer>> = {
  JPEG: still(['-c:v', 'mjpeg', '-strict', '-1']),
  PNG: still(['-c:v', 'png'], 'rgb24'),
  'WebP of VP8': still(['-c:v', 'libwebp']),
  'lossless WebP': still(['-c:v', 'libwebp', '-lossless', '1'], 'bgra'),
}

for (const [name, made] of Object.entries(IMAGES)) {
  t.test(`a ${name} gets other bytes, and shows the same`, async t => {
    const image = await made
    const marked = distinctBytes(image, MARK)
    t.not(Buffer.from(marked).indexOf(`avio-run ${MARK}`), -1)
    t.same(await pixelsOf(marked), await pixelsOf(image))
    t.not(Buffer.compare(marked, distinctBytes(image, MARK.replace('0', '1'))), 0)
    t.same(await pixelsOf(distinctBytes(marked, MARK)), await pixelsOf(image), 'also if it has a mark')
  })
}

t.test('a WebP tells its size, and whether it has alpha', async t => {
  for (const [name, alpha] of [
    ['WebP of VP8', 0],
    ['lossless WebP', 0x10],
  ] as const) {
    const image = Buffer.from(distinctBytes(await IMAGES[name]!, MARK))
    t.equal(image.readUInt32LE(4), image.length - 8, 'the size of the file')
    t.equal(image.toString('latin1', 12, 16), 'VP8X')
    t.equal(image[20]! & 0xef, 0)
    t.ok(image[20] === 0 || image[20] === alpha)
    t.same([image.readUIntLE(24, 3) + 1, image.readUIntLE(27, 3) + 1], [34, 18])
  }
})

t.test('a comment of a JPEG follows JFIF’s header', async t => {
  const image = await IMAGES['JPEG']!
  const marked = Buffer.from(distinctBytes(image, MARK))
  t.same(marked.subarray(0, 4), image.subarray(0, 4))
  const jfif = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2]), image.subarray(2)])
  t.same(Buffer.from(distinctBytes(jfif, MARK)).subarray(0, 8), jfif.subarray(0, 8))
})

t.test('a WebVTT gets a comment, and other bytes stay', t => {
  const cues = '00:00:00.000 --> 00:00:01.000\na\n'
  t.equal(
    Buffer.from(distinctBytes(Buffer.from(`WEBVTT\n\n${cues}`), MARK)).toString(),
    `WEBVTT\n\nNOTE avio-run ${MARK}\n\n${cues}`,
  )
  for (const text of ['#EXTM3U\n', '{"a":1}\n', '', 'RIFF0000WAVE']) {
    const bytes = Buffer.from(text)
    t.equal(distinctBytes(bytes, MARK), bytes)
  }
  t.end()
})

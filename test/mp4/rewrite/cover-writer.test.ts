import t from 'tap'
import { CoverWriter, isCoverImage } from '../../../lib/mp4/rewrite/cover-writer.js'
import { chunksOf } from '../../support/fmp4.js'
import { AAC, FRAGMENTED, audioInput, ffmpegToPipe, ffprobeJson } from '../../support/media.js'
import { validate } from '../../support/validate.js'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

function written(bytes: Buffer, chunkSize = bytes.length, image = PNG): Buffer {
  const writer = new CoverWriter(image, 2 ** 20)
  const chunks = chunksOf(bytes, chunkSize).flatMap(chunk => writer.write(chunk))
  writer.end()
  return Buffer.concat(chunks)
}

/** Fragmented audio, with more arguments for ffmpeg. */
function sound(...args: string[]): Promise<Buffer> {
  return ffmpegToPipe([...audioInput(), ...AAC, ...args, ...FRAGMENTED])
}

function box(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + content.length)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, content])
}

async function found(bytes: Buffer) {
  const { streams, format } = await ffprobeJson<{
    streams: { codec_name: string; disposition: { attached_pic: number } }[]
    format: { tags: Record<string, string> }
  }>(bytes, ['-show_streams', '-show_format'], 'a.m4a')
  return {
    streams: streams.map(({ codec_name, disposition }) => [codec_name, disposition.attached_pic]),
    title: format.tags['title'],
  }
}

const WITH_COVER = [
  ['aac', 0],
  ['png', 1],
]

t.test('writes a cover beside existing tags, wherever the stream is cut', async t => {
  const bytes = await sound('-metadata', 'title=kept')
  t.equal(bytes.indexOf('covr'), -1)
  const file = written(bytes)
  t.same(await found(file), { streams: WITH_COVER, title: 'kept' })
  for (const size of [1, 7, 8, 9, 1000]) t.same(written(bytes, size), file, `cut every ${size} bytes`)
  t.same((await validate(file)).warnings, (await validate(bytes)).warnings)
})

t.test('creates the missing boxes around a cover', async t => {
  const bytes = await sound()
  const moov = bytes.indexOf('moov') - 4
  const udta = bytes.indexOf('udta') - 4
  const end = moov + bytes.readUInt32BE(moov)
  t.equal(udta + bytes.readUInt32BE(udta), end, 'udta is the last box')
  /** The file with `other` in place of `udta`. */
  const having = (other: Buffer) => {
    const whole = Buffer.concat([bytes.subarray(0, udta), other, bytes.subarray(end)])
    whole.writeUInt32BE(udta + other.length - moov, moov)
    return whole
  }
  t.same((await found(written(having(Buffer.alloc(0))))).streams, WITH_COVER)

  const grown = having(box('udta', box('name', Buffer.from('x'))))
  const file = written(grown)
  t.same((await found(file)).streams, WITH_COVER)
  t.ok(file.indexOf('name') > 0, 'the other box stays')
})

t.test('changes only the first moov', async t => {
  const bytes = await sound()
  const file = written(bytes)
  const moof = (whole: Buffer) => whole.subarray(whole.indexOf('moof') - 4)
  t.same(moof(file), moof(bytes))
  const large = box('mdat', Buffer.alloc(20))
  large.writeUInt32BE(0)
  t.same(written(large), large, 'a box to the end of the file')
  t.same(written(box('moov', Buffer.alloc(0))), box('moov', Buffer.alloc(0)), 'an empty moov')
  const twice = Buffer.concat([file, box('moov', box('free', Buffer.alloc(4)))])
  t.same(written(Buffer.concat([bytes, box('moov', box('free', Buffer.alloc(4)))])), twice)
  t.throws(() => written(bytes.subarray(0, bytes.length - 1)), { code: 'AVIO_ERR_MP4_BOX_TRUNCATED' })
})

t.test('recognizes possible covers by their first bytes', async t => {
  const types = { ffd8ffe0: 13, '89504e470d0a1a0a': 14, '424d0000': 27 }
  const bytes = await sound()
  for (const [hex, type] of Object.entries(types)) {
    const image = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(4)])
    t.equal(isCoverImage(image), true, hex)
    const file = written(bytes, bytes.length, image)
    t.equal(file.readUInt32BE(file.indexOf('covr') + 12), type)
  }
  for (const hex of ['', 'ffd8', '47494638', '52494646']) {
    t.equal(isCoverImage(Buffer.from(hex, 'hex')), false, hex)
  }
})

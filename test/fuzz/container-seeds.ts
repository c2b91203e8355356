import { AUDIO, VIDEO, ftyp, moov, plainFragment, stream } from '../support/fmp4.js'
import { cue, element } from '../support/ebml.js'
import { chunk } from '../support/cut.js'
import { tables } from '../support/sample-tables.js'

/** One small file of each container, made by hand, so that fuzzing needs no ffmpeg. */

const le16 = (...values: number[]) => {
  const bytes = Buffer.alloc(2 * values.length)
  values.forEach((value, n) => bytes.writeUInt16LE(value, 2 * n))
  return bytes
}
const le32 = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, n) => bytes.writeUInt32LE(value >>> 0, 4 * n))
  return bytes
}
const le64 = (value: number) => le32(value, 0)
const media = Buffer.from(Array.from({ length: 400 }, (_, n) => (n * 37) & 255))
const big = (id: string, body: Buffer) => chunk(id, body, body.length, 'be')
const hex = (text: string) => Buffer.from(text, 'hex')
const text = (value: string) => Buffer.from(value, 'latin1')

/** A fragmented MP4. */
export const fragments = stream(plainFragment(1), plainFragment(2), plainFragment(3))

const listed = tables({
  durations: [[10, 100]],
  compositions: [[10, 20]],
  sizes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  sync: [1, 4, 8],
  map: [[1, 5]],
  chunks: [0, 20],
})

/** An MP4 with sample tables. */
export const index = Buffer.concat([ftyp(), moov([{ ...VIDEO, tables: listed }, AUDIO], { mvex: false })])

/** Matroska with cues and a cluster. */
export const matroska = Buffer.concat([
  element(0x1a45dfa3, element(0x4282, Buffer.from('matroska'))),
  element(
    0x18538067,
    element(0x1654ae6b, element(0xae, element(0xd7, 1), element(0x83, 1))),
    element(0x1f43b675, element(0xe7, 0), element(0xa3, hex('81000080'), media)),
    element(0x1c53bb6b, cue(0, [1, 5]), cue(10, [1, 9])),
  ),
])

const format = chunk('fmt ', Buffer.concat([le16(1, 2), le32(48_000, 192_000), le16(4, 16)]))
/** WAV, as written to a file and to a pipe. */
export const wav = Buffer.concat([text('RIFF'), le32(444), text('WAVE'), format, chunk('data', media)])
export const pipedWav = Buffer.concat([
  ...[text('RIFF'), le32(-1), text('WAVE'), format],
  chunk('LIST', text('INFOISFT\x04\0\0\0Lavf')),
  chunk('data', media, 0xffffffff),
])
const rf64 = Buffer.concat([
  ...[text('RF64'), le32(-1), text('WAVE')],
  chunk('ds64', Buffer.concat([le64(460), le64(400), le64(100), le32(0)])),
  ...[format, chunk('data', media, 0xffffffff)],
])
const superIndex = Buffer.concat([le16(4, 0), le32(1), text('00dc'), le32(0, 0, 0), le64(500), le32(32, 1)])
const avi = Buffer.concat([
  ...[text('RIFF'), le32(700), text('AVI ')],
  chunk(
    'LIST',
    Buffer.concat([text('hdrl'), chunk('LIST', Buffer.concat([text('strl'), chunk('indx', superIndex)]))]),
  ),
  chunk('LIST', Buffer.concat([text('movi'), chunk('00dc', media)])),
  chunk('idx1', le32(0, 16, 4, 400)),
])
const wave64 = (id: string, body: Buffer) => Buffer.concat([hex(id), le64(24 + body.length), body])
const w64 = Buffer.concat([
  ...[hex('726966662e91cf11a5d628db04c10000'), le64(500), hex('77617665f3acd3118cd100c04f8edb8a')],
  wave64('666d7420f3acd3118cd100c04f8edb8a', Buffer.alloc(24, 1)),
  wave64('64617461f3acd3118cd100c04f8edb8a', media),
])
const aiff = Buffer.concat([text('FORM\0\0\x02\0AIFF'), big('COMM', Buffer.alloc(18, 1)), big('SSND', media)])
const caf = Buffer.concat([
  ...[text('caff\0\x01\0\0'), text('desc'), hex('0000000000000020'), Buffer.alloc(32, 1)],
  ...[text('data'), hex('0000000000000190'), media],
])
export const au = Buffer.concat([
  text('.snd'),
  hex('0000002000000190000000030000ac4400000002'),
  Buffer.alloc(8),
  media,
])
const asfObject = (id: string, body: Buffer) => Buffer.concat([hex(id), le64(24 + body.length), body])
const properties = Buffer.concat([Buffer.alloc(16), le64(900), Buffer.alloc(40), le32(2, 100, 100, 1000)])
const asfHeader = asfObject('a1dcab8c47a9cf118ee400c00c205365', properties)
const asf = Buffer.concat([
  ...[hex('3026b2758e66cf11a6d900aa0062ce6c'), le64(30 + asfHeader.length), le32(1), hex('0102'), asfHeader],
  asfObject('3626b2758e66cf11a6d900aa0062ce6c', Buffer.concat([Buffer.alloc(26), media])),
])
const flvTag = (type: number, time: number, body: Buffer) => {
  const head = Buffer.alloc(11)
  head[0] = type
  head.writeUIntBE(body.length, 1, 3)
  head.writeUIntBE(time, 4, 3)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(11 + body.length)
  return Buffer.concat([head, body, size])
}
const amf = (name: string) => Buffer.concat([Buffer.from([0, name.length]), text(name), Buffer.alloc(9)])
const metadata = Buffer.concat([
  text('\x02\0\x0aonMetaData\x08\0\0\0\x03'),
  ...['duration', 'filesize', 'framerate'].map(amf),
  hex('000009'),
])
/** FLV with fields to fill in. */
export const flv = Buffer.concat([
  ...[text('FLV\x01\x05\0\0\0\x09\0\0\0\0'), flvTag(18, 0, metadata)],
  ...[0, 40, 80].map(time => flvTag(9, time, Buffer.concat([hex('1701000000'), media.subarray(0, 90)]))),
  flvTag(8, 90, Buffer.concat([hex('af01'), media.subarray(0, 50)])),
])
const flac = Buffer.concat([
  ...[text('fLaC'), hex('80000022'), hex('1000100000000e0000100ac442f000000400')],
  ...[Buffer.alloc(16, 7), hex('fff8c9180000'), media],
])
const tta = Buffer.concat([
  text('TTA1'),
  le16(1, 2, 16),
  le32(44_100, 100_000, 1),
  le32(100, 100, 100, 1),
  media,
])
const oggPage = (flags: number, body: Buffer) =>
  Buffer.concat([
    text('OggS\0'),
    Buffer.from([flags]),
    Buffer.alloc(20),
    Buffer.from([2, 255, body.length - 255]),
    body,
  ])
const ogg = Buffer.concat([oggPage(2, media), oggPage(0, media), oggPage(4, media)])
const id3 = Buffer.concat([text('ID3\x03\0\0\0\0\0\x14'), text('TIT2\0\0\0\x05\0\0\0Song'), Buffer.alloc(5)])
/** MPEG-1, layer III, 128 kbit/s, 44,100 Hz: frames of 417 bytes, after a tag. */
export const mp3 = Buffer.concat([
  id3,
  ...Array.from({ length: 3 }, () => Buffer.concat([hex('fffb9000'), media, Buffer.alloc(13)])),
])

export const CONTAINERS: readonly Buffer[] = [
  ...[fragments, index, matroska, wav, pipedWav, rf64, avi, w64, aiff, caf, au, asf, flv, flac, tta, ogg],
  ...[flac, ogg, wav].map(bytes => Buffer.concat([id3, bytes])),
]

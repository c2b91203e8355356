import t from 'tap'
import { mpegFrame, mpegFrameSize, roomyHeader } from '../../../lib/ffmpeg/headers/mpeg-frame-header.js'

t.test('reads the length of a frame, and the bytes before its audio', async t => {
  t.match(mpegFrame(0xfffb90c4), { size: 417, bitRateIndex: 9, sideInfo: 17 }, 'MPEG-1, 128 kbit/s, mono')
  t.match(mpegFrame(0xfffb9204), { size: 418, bitRateIndex: 9, sideInfo: 32 }, 'padded, stereo')
  t.match(mpegFrame(0xfffbe400), { size: 960, sideInfo: 32 }, '320 kbit/s at 48 kHz')
  t.match(mpegFrame(0xfff380c4), { size: 208, sideInfo: 9 }, 'MPEG-2, 64 kbit/s at 22.05 kHz')
  t.match(mpegFrame(0xffe318c4), { size: 72, sideInfo: 9 }, 'MPEG-2.5, 8 kbit/s at 8 kHz')
})

t.test('reads the size of a layer II frame as well', async t => {
  t.equal(mpegFrameSize(0xfffb90c4), 417)
  t.equal(mpegFrameSize(0xfffd90c4), 522, 'layer II, 160 kbit/s at 44.1 kHz')
  t.equal(
    mpegFrameSize(0xfff580c4),
    417,
    'layer II of MPEG-2, 64 kbit/s at 22.05 kHz: as many samples as in MPEG-1',
  )
  t.equal(mpegFrameSize(0xffff90c4), undefined, 'layer I')
  t.equal(mpegFrameSize(0xfff990c4), undefined, 'reserved layer')
})

t.test('assigns the frames of a stream to one kind, whatever their bit rate and channels', async t => {
  t.equal(mpegFrame(0xfffb90c4)!.kind, mpegFrame(0xfffa5204)!.kind)
  t.not(mpegFrame(0xfffb90c4)!.kind, mpegFrame(0xfffb94c4)!.kind, 'another sample rate')
  t.not(mpegFrame(0xfff390c4)!.kind, mpegFrame(0xfffb90c4)!.kind, 'another version')
})

t.test('rejects anything but a layer III header with a known size', async t => {
  const others = {
    'no sync': 0x7ffb90c4,
    'layer II': 0xfffd90c4,
    'reserved version': 0xffeb90c4,
    'free bit rate': 0xfffb00c4,
    'bad bit rate': 0xfffbf0c4,
    'reserved sample rate': 0xfffb9cc4,
  }
  for (const [what, header] of Object.entries(others)) t.equal(mpegFrame(header), undefined, what)
})

t.test(
  'builds a roomy header of the same kind, without CRC and padding, at the lowest sufficient rate',
  async t => {
    t.equal(roomyHeader(0xfffb92c4, 116).toString(16), 'fffb30c4', '48 kbit/s')
    t.equal(roomyHeader(0xfffa92c4, 116, 9).toString(16), 'fffb90c4')
    t.equal(roomyHeader(0xffe318c4, 116).toString(16), 'ffe328c4', 'MPEG-2.5 at 8 kHz')
    for (const header of [0xfffb90c4, 0xfffb9404, 0xfff39804, 0xffe314c4]) {
      const { size, sideInfo, kind } = mpegFrame(roomyHeader(header, 116))!
      t.ok(size >= 4 + sideInfo + 116)
      t.equal(kind, mpegFrame(header)!.kind)
    }
  },
)

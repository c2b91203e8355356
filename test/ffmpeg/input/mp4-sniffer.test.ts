import t from 'tap'
import { Mp4Sniffer, isMp4Demuxer } from '../../../lib/ffmpeg/input/mp4-sniffer.js'
import { box, longBox } from '../../support/fmp4.js'
import { fastStartMp4, fragmentedMp4, indexLastMp4, matroska, transportStream } from '../../support/media.js'

const WINDOW = 1000

/** The verdict, and the number of bytes that it takes. */
function sniff(bytes: Buffer, step = 1, window = WINDOW): string {
  const sniffer = new Mp4Sniffer(window)
  for (let at = 0; at < bytes.length; at += step) {
    const verdict = sniffer.push(bytes.subarray(at, at + step))
    if (verdict !== 'undecided') return `${verdict} after ${Math.min(at + step, bytes.length)}`
  }
  return `undecided after ${bytes.length}`
}

const content = (length: number) => Buffer.alloc(length)
const ftyp = box('ftyp', content(16))

t.test("recognizes an MP4 with its index first by the index's header", async t => {
  t.equal(sniff(Buffer.concat([ftyp, box('moov', content(500))])), 'pipe after 32')
  t.equal(sniff(Buffer.concat([box('styp', content(16)), box('moof', content(500))])), 'pipe after 32')
  t.equal(
    sniff(Buffer.concat([ftyp, box('meta', content(500)), box('mdat', content(5000))])),
    'pipe after 32',
  )
})

t.test('recognizes media before the index by their header', async t => {
  t.equal(sniff(Buffer.concat([ftyp, box('mdat', content(5000))])), 'seek after 32')
  t.equal(sniff(Buffer.concat([ftyp, box('free'), box('mdat', content(5000))])), 'seek after 40')
  t.equal(sniff(Buffer.concat([box('wide'), box('mdat', content(5000))])), 'seek after 16', 'QuickTime')
  t.equal(sniff(Buffer.concat([ftyp, longBox('mdat', content(5000))])), 'seek after 40', 'a 64-bit size')
  t.equal(
    sniff(Buffer.concat([ftyp, Buffer.from('\0\0\0\0mdat')])),
    'seek after 32',
    'a size up to the end of the file',
  )
})

t.test('reaches the same verdict in any chunking', async t => {
  const late = Buffer.concat([ftyp, box('uuid', content(40)), box('mdat', content(5000))])
  for (let step = 1; step < 200; step++) t.match(sniff(late, step), /^seek/, `${step} bytes at a time`)
  const early = Buffer.concat([ftyp, box('moov', content(200)), box('mdat', content(5000))])
  for (let step = 1; step < 400; step++) {
    t.match(sniff(early, step), /^pipe/, `${step} bytes at a time`)
    const sniffer = new Mp4Sniffer(WINDOW)
    for (let at = 0; at < early.length; at += step) sniffer.push(early.subarray(at, at + step))
    t.equal(sniffer.mdat, undefined, 'media after the index do not count')
  }
})

t.test('ignores media within the window, at any offset', async t => {
  const small = (length: number) => Buffer.concat([ftyp, box('mdat', content(length))])
  const index = box('moov', content(100))
  for (const length of [0, 8, 876, 884]) t.match(sniff(Buffer.concat([small(length), index])), /^pipe/)
  t.match(sniff(Buffer.concat([small(885), index])), /^seek/, 'one byte more')
  t.match(sniff(small(993)), /^seek/, 'without an index')
  const large = box('moov', content(WINDOW))
  for (const between of [[], [box('free')]]) {
    t.match(
      sniff(Buffer.concat([small(8), ...between, large])),
      /^seek/,
      'the index is too large to seek back over',
    )
    t.match(sniff(Buffer.concat([ftyp, ...between, large, box('mdat', content(8))])), /^pipe/)
  }
  t.match(
    sniff(Buffer.concat([small(8), box('moof', content(WINDOW))])),
    /^pipe/,
    'a fragment is read in order',
  )
  const far = Buffer.concat([ftyp, box('free', content(50_000)), box('mdat', content(8)), index])
  t.equal(sniff(far), `pipe after ${24 + 50_008 + 16 + 8}`)
  const sniffer = new Mp4Sniffer(WINDOW)
  sniffer.push(far)
  t.same(sniffer.mdat && { offset: sniffer.mdat.offset, size: sniffer.mdat.size }, {
    offset: 50_032,
    size: 16,
  })
})

t.test('accepts another container after eight bytes, and a broken MP4', async t => {
  t.equal(sniff(await matroska()), 'pipe after 8')
  t.equal(sniff(await transportStream()), 'pipe after 8')
  t.equal(sniff(Buffer.from('RIFF\x24\x08\0\0AVI LIST')), 'pipe after 8')
  t.equal(
    sniff(Buffer.from([0, 0, 0, 12, ...Buffer.from('jP  \r\n')])),
    'pipe after 8',
    'JPEG 2000 has boxes too',
  )
  t.equal(sniff(Buffer.alloc(100)), 'pipe after 8')
  t.equal(sniff(Buffer.concat([ftyp, Buffer.from('\0\0\0\x03moov')])), 'pipe after 32', 'an impossible size')
  t.equal(sniff(Buffer.alloc(7)), 'undecided after 7')
})

t.test("judges ffmpeg's own files", async t => {
  t.match(sniff(await fastStartMp4()), /^pipe after \d{2}$/)
  t.match(sniff(await fragmentedMp4()), /^pipe after \d{2}$/)
  t.match(sniff(await indexLastMp4()), /^seek after \d{2}$/)
})

t.test('recognizes the MP4 demuxer by each of its names', async t => {
  for (const name of ['mov', 'mp4', 'm4a', 'mov,mp4,m4a,3gp,3g2,mj2']) t.equal(isMp4Demuxer(name), true, name)
  for (const name of ['matroska', 's16le', 'mpegts', 'mp3']) t.equal(isMp4Demuxer(name), false, name)
})

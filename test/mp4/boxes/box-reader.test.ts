import t from 'tap'
import { type BoxHandler, BoxReader, boxTooLarge } from '../../../lib/mp4/boxes/box-reader.js'
import type { Box } from '../../../lib/mp4/boxes/box.js'
import { MiB } from '../../../lib/options.js'
import { box, chunksOf, endlessBox, longBox, u32 } from '../../support/fmp4.js'

/** Logs the calls of a reader, and collects boxes of the given types. */
class Log implements BoxHandler {
  readonly lines: string[] = []
  readonly boxes: Box[] = []
  readonly slices: Buffer[] = []
  content = ''
  readonly #collect: readonly string[]

  constructor(...collect: string[]) {
    this.#collect = collect
  }

  onBox({ path, offset, size, headerSize, type }: Parameters<BoxHandler['onBox']>[0]): 'collect' | 'pass' {
    this.lines.push(`${path} @${offset} ${size}/${headerSize}`)
    return this.#collect.includes(type) ? 'collect' : 'pass'
  }

  onCollected(collected: Box): void {
    this.boxes.push(collected)
    this.lines.push(`${collected.path} collected ${collected.content.toString('latin1')}`)
  }

  onContent(bytes: Buffer): void {
    this.slices.push(bytes)
    this.content += bytes.toString('latin1')
  }

  onPassed({ path }: { path: string }, end: number): void {
    this.lines.push(`${path} passed ${this.content} to ${end}`)
    this.content = ''
  }
}

const whole = Buffer.concat([
  box('ftyp', 'brand'),
  box('free'),
  longBox('moov', 'index'),
  box('uuid', '0123456789abcdef', 'private'),
  longBox('uuid', '0123456789abcdef'),
  box('moov'),
  endlessBox('mdat', 'the media'),
])

const expected = [
  'ftyp @0 13/8',
  'ftyp passed brand to 13',
  'free[0] @13 8/8',
  'free[0] passed  to 21',
  'moov @21 21/16',
  'moov collected index',
  'uuid[0] @42 31/24',
  'uuid[0] passed private to 73',
  'uuid[1] @73 32/32',
  'uuid[1] passed  to 105',
  'moov[1] @105 8/8',
  'moov[1] collected ',
  'mdat[0] @113 Infinity/8',
  'mdat[0] passed the media to 130',
]

t.test('reads the same boxes however the stream is cut', async t => {
  for (let size = 1; size <= whole.length; size++) {
    const log = new Log('moov')
    const reader = new BoxReader(log, MiB)
    for (const chunk of chunksOf(whole, size)) reader.write(chunk)
    reader.end()
    t.same(log.lines, expected, `chunks of ${size} bytes`)
  }
})

t.test('reads two chunks cut at every byte', async t => {
  for (let cut = 0; cut <= whole.length; cut++) {
    const log = new Log('moov')
    const reader = new BoxReader(log, MiB)
    reader.write(whole.subarray(0, cut))
    reader.write(whole.subarray(cut))
    reader.end()
    t.same(log.lines, expected, `cut at ${cut}`)
  }
})

t.test('rejects an end within a box, at any byte, and names the box', async t => {
  const stream = Buffer.concat([box('ftyp', 'brand'), longBox('moov', 'index'), box('mdat', 'the media')])
  const starts = [0, 13, 34, stream.length]
  for (let length = 1; length < stream.length; length++) {
    const reader = new BoxReader(new Log('moov'), MiB)
    reader.write(stream.subarray(0, length))
    const start = starts.findLast(start => start <= length)!
    if (start === length) {
      t.doesNotThrow(() => reader.end(), `cut at ${length}, between two boxes`)
    } else {
      const problem = { code: 'AVIO_ERR_MP4_BOX_TRUNCATED', byteOffset: start }
      t.throws(() => reader.end(), problem, `cut at ${length}`)
    }
  }
})

t.test('passes content on as slices of the original chunks', async t => {
  const log = new Log()
  const reader = new BoxReader(log, MiB)
  const chunks = chunksOf(box('mdat', Buffer.alloc(1000, 7)), 300)
  for (const chunk of chunks) reader.write(chunk)
  t.equal(Buffer.concat(log.slices).length, 1000)
  for (const [n, slice] of log.slices.entries()) t.equal(slice.buffer, chunks[n]!.buffer)
})

t.test('collects a box within one chunk as a window on it, not a copy', async t => {
  const log = new Log('moof')
  const chunk = Buffer.concat([box('free', 'x'), box('moof', 'content'), box('free')])
  new BoxReader(log, MiB).write(chunk)
  t.equal(log.boxes[0]!.bytes, chunk)
  t.equal(log.boxes[0]!.offset, 9)
})

t.test('rejects an impossible size at the box', async t => {
  const cases: [string, Buffer][] = [
    ['less than the header', Buffer.concat([u32(7), Buffer.from('free')])],
    ['64 bits, less than the header', Buffer.concat([u32(1), Buffer.from('mdat'), u32(0, 15)])],
    ['a uuid box without its uuid', Buffer.concat([u32(20), Buffer.from('uuid'), Buffer.alloc(16)])],
    ['64 bits, past 2^53', Buffer.concat([u32(1), Buffer.from('mdat'), u32(0xffffffff, 0xffffffff)])],
    ['an end past 2^53', Buffer.concat([u32(1), Buffer.from('mdat'), u32(0x1fffff, 0xffffffff)])],
  ]
  for (const [name, bytes] of cases) {
    const reader = new BoxReader(new Log(), MiB)
    const error = { code: 'AVIO_ERR_MP4_BOX_SIZE', byteOffset: 9 }
    t.throws(() => reader.write(Buffer.concat([box('free', 'x'), bytes])), error, name)
  }
})

t.test('rejects bytes that are not a box, by their type', async t => {
  const start = new BoxReader(new Log(), MiB)
  t.throws(() => start.write(Buffer.from('47401110004200f0', 'hex')), {
    code: 'AVIO_ERR_MP4_NOT_MP4',
    message: 'This is not an MP4: it starts with 47 40 11 10 00 42 00 f0 ("G@...B..")',
  })
  const later = new BoxReader(new Log(), MiB)
  t.throws(() => later.write(Buffer.concat([box('free', 'x'), Buffer.alloc(8)])), {
    code: 'AVIO_ERR_MP4_BOX_TYPE',
    byteOffset: 9,
  })
})

t.test('rejects a collected box larger than the limit, however its size is stated', async t => {
  for (const bytes of [box('moof', Buffer.alloc(100)), endlessBox('moof', 'x')]) {
    const reader = new BoxReader(new Log('moof'), 107)
    t.throws(() => reader.write(bytes), { code: 'AVIO_ERR_MP4_BOX_TOO_LARGE', boxPath: 'moof[0]' })
  }
  const log = new Log('moof')
  new BoxReader(log, 108).write(box('moof', Buffer.alloc(100)))
  t.equal(log.boxes.length, 1, 'exactly at the limit')
  const header = { type: 'moof', index: 0, path: 'moof[0]', offset: 0, size: Infinity, headerSize: 8 }
  t.match(boxTooLarge(header, 5).message, /reaches to the end of the file/)
})

t.test('allocates no memory for a box that only claims to be large', async t => {
  const reader = new BoxReader(new Log('moof'), 512 * MiB)
  const before = process.memoryUsage().arrayBuffers
  reader.write(Buffer.concat([u32(500 * MiB), Buffer.from('moof'), Buffer.alloc(1000)]))
  t.ok(process.memoryUsage().arrayBuffers - before < MiB)
})

t.test('collects a box byte by byte in less than quadratic time', async t => {
  const content = Buffer.alloc(300_000, 1)
  const log = new Log('moof')
  const reader = new BoxReader(log, MiB)
  const chunk = Buffer.alloc(1)
  for (const byte of box('moof', content)) {
    chunk[0] = byte
    reader.write(chunk)
  }
  t.ok(log.boxes[0]!.content.equals(content), 'holds copies, not views of the chunks')
})

t.test('forgets the types of a stream of ever new types', async t => {
  const log = new Log()
  const reader = new BoxReader(log, MiB)
  for (let n = 0; n < 300; n++) reader.write(box(`x${String(n).padStart(3, '0')}`))
  reader.write(Buffer.concat([box('x000'), box('x299'), box('x299')]))
  const paths = log.lines.filter(line => line.includes('@')).slice(-3)
  t.same(
    paths.map(line => line.split(' ')[0]),
    ['x000[1]', 'x299[0]', 'x299[0]'],
    'only the first hundred are numbered',
  )
})

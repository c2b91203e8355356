import t from 'tap'
import { missing } from '../../support/cut.js'
import { box, full, samples, u32 } from '../../support/index-boxes.js'

const FTYP = box('ftyp', Buffer.from('isom\0\0\0\0isom', 'latin1'))
const track = (offsets: number[], sizes: number[]) => box('moov', samples({ offsets, perChunk: 1, sizes }))

/** An index in front of `length` bytes of media, all of them samples. */
function front(length: number, pad = 0): Buffer {
  const at = FTYP.length + track([0, 0], [0, 0]).length + 8
  return Buffer.concat([
    ...[FTYP, track([at, at + length / 2], [length / 2, length / 2])],
    box('mdat', Buffer.alloc(length + pad)),
  ])
}

t.test('counts samples, not the rest of the mdat, nor later data', async t => {
  const file = front(1000)
  t.equal(await missing(file), undefined)
  t.match(await missing(file.subarray(0, -1)), /MP4: its sample tables \(moov\) states? media up to byte/)
  t.match(await missing(file.subarray(0, -500)), /MP4/, 'between two samples')
  const padded = front(1000, 300)
  t.equal(await missing(padded.subarray(0, -300)), undefined)
  t.match(await missing(padded.subarray(0, -301)), /MP4/)
  const free = Buffer.concat([file, box('free', Buffer.alloc(100))])
  for (const left of [1, 50, 100, 105]) t.equal(await missing(free.subarray(0, -left)), undefined)
})

t.test('reads an index after the media', async t => {
  const media = box('mdat', Buffer.alloc(1000))
  const place = FTYP.length + 8
  t.equal(await missing(Buffer.concat([FTYP, media, track([place], [1000])])), undefined)
  t.match(await missing(Buffer.concat([FTYP, media, track([place], [5000])])), /MP4/)
  t.equal(await missing(Buffer.concat([FTYP, media, media, track([place, place + 1008], [9, 9])])), undefined)
})

t.test('uses the size of the mdat if the index is unreadable, or describes images', async t => {
  const broken = box('moov', box('trak', Buffer.alloc(20)))
  for (const index of [broken, full('meta', Buffer.alloc(8))]) {
    const file = Buffer.concat([FTYP, index, box('mdat', Buffer.alloc(1000))])
    t.equal(await missing(file), undefined)
    t.match(await missing(file.subarray(0, -1)), /the size of its mdat/)
    const open = Buffer.concat([FTYP, index, u32(0), Buffer.from('mdat'), Buffer.alloc(100)])
    t.equal(await missing(open), undefined, 'to the end of the file')
    const placeholder = Buffer.concat([FTYP, index, u32(0x7fffffff), Buffer.from('mdat'), Buffer.alloc(100)])
    t.equal(await missing(placeholder), undefined)
  }
  t.equal(await missing(front(1000).subarray(0, FTYP.length)), undefined, 'no index at all')
})

const INIT = Buffer.concat([FTYP, box('moov', box('mvex', full('trex', u32(7, 1, 0, 0, 0))))])

function fragment(bytes: number): Buffer {
  const build = (offset: number) =>
    box(
      'moof',
      full('mfhd', u32(1)),
      box('traf', full('tfhd', u32(7), 0x20000), full('trun', u32(1, offset, bytes), 0x201)),
    )
  return Buffer.concat([build(build(0).length + 8), box('mdat', Buffer.alloc(bytes))])
}

function sidx(...sizes: number[]): Buffer {
  return full(
    'sidx',
    Buffer.concat([u32(1, 1000, 0, 0, sizes.length), ...sizes.map(size => u32(size, 1, 0))]),
  )
}

t.test('finds a fragment cut at any byte', async t => {
  const file = Buffer.concat([INIT, fragment(50), fragment(70)])
  const border = file.length - fragment(70).length
  for (let length = INIT.length; length < file.length; length++) {
    const found = await missing(file.subarray(0, length))
    // A cut within a box header may leave too few bytes to identify the box.
    const isBorder = length === INIT.length || [0, 1, 2, 3, 4, 5, 6, 7].includes(length - border)
    const isHeader = length < INIT.length + 8
    if (!isBorder && !isHeader && found === undefined) t.fail(`cut at ${length} of ${file.length}`)
    if (length === border && found !== undefined) t.fail(`between two fragments: ${found}`)
  }
  t.equal(await missing(file), undefined)
  t.equal(await missing(Buffer.concat([file, box('mfra', Buffer.alloc(50))]).subarray(0, -20)), undefined)
})

t.test('finds missing fragments by the segment index', async t => {
  const [one, two] = [fragment(50), fragment(70)]
  const file = Buffer.concat([INIT, sidx(one.length, two.length), one, two])
  t.equal(await missing(file), undefined)
  t.match(await missing(file.subarray(0, -two.length)), /segment index/)
  t.equal(await missing(Buffer.concat([file, fragment(10)])), undefined, 'more than the index lists')
  const each = Buffer.concat([INIT, sidx(one.length), one, sidx(two.length), two])
  t.equal(await missing(each), undefined)
  t.equal(await missing(each.subarray(0, -two.length - sidx(1).length)), undefined, 'between two segments')
  t.match(await missing(each.subarray(0, -two.length)), /segment index/)
  t.equal(await missing(Buffer.concat([INIT, sidx(0), one])), undefined, 'no size')
  const free = box('free', Buffer.alloc(100))
  const covered = Buffer.concat([INIT, sidx(one.length + free.length), one, free])
  t.equal(await missing(covered.subarray(0, -40)), undefined, 'a free box that the index covers')
})

t.test('stops at the end of the boxes', async t => {
  t.equal(await missing(Buffer.concat([INIT, fragment(50), Buffer.alloc(100, 1)])), undefined)
  t.equal(await missing(Buffer.concat([front(100), front(100).subarray(0, -20)])), undefined, 'a second file')
})

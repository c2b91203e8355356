import t from 'tap'
import { EbmlData, elementAt } from '../../lib/matroska/element.js'
import { element, endless } from '../support/ebml.js'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

t.test('reads IDs of one to four bytes, sizes of one to eight', async t => {
  t.same(elementAt(hex('ec 83 000000'), 0, 1000), { id: 0xec, start: 1002, end: 1005 })
  t.same(elementAt(hex('00 4286 4003 0000'), 1, 0), { id: 0x4286, start: 5, end: 8 })
  t.same(elementAt(hex('1a45dfa3 0100000000000005'), 0, 0), { id: 0x1a45dfa3, start: 12, end: 17 })
})

t.test('reads a size of ones as unknown, in every length', async t => {
  for (const size of ['ff', '7fff', '1fffffff', '01ffffffffffffff']) {
    t.equal(elementAt(hex(`18538067 ${size}`), 0, 0)?.end, Infinity, size)
  }
  t.equal(elementAt(hex('18538067 fe'), 0, 0)?.end, 5 + 126, 'one bit less is a size')
})

t.test('finds no header in a truncated one, cut anywhere', async t => {
  const whole = hex('1a45dfa3 0100000000000005')
  for (let n = 0; n < whole.length; n++)
    t.equal(elementAt(whole.subarray(0, n), 0, 0), undefined, `${n} bytes`)
})

t.test('rejects bytes that cannot be a header, with their position', async t => {
  const damaged = { code: 'AVIO_ERR_MATROSKA_INVALID', byteOffset: 70 }
  t.throws(() => elementAt(hex('08 81 00'), 0, 70), damaged, 'an id of five bytes')
  t.throws(() => elementAt(hex('ec 00 81 00'), 0, 70), damaged, 'a size of nine')
  t.throws(() => elementAt(hex('ec 01fffffffffffffe'), 0, 70), damaged, 'a size past 2^53')
})

t.test('returns the children and the value of an element in memory', async t => {
  const data = EbmlData.of(0xa0, Buffer.concat([element(0xec, 300), element(0xbf, hex('3fc00000'))]), 50)
  t.same(
    [...data.children()].map(child => [child.id, child.offset, child.length]),
    [
      [0xec, 59, 8],
      [0xbf, 76, 4],
    ],
  )
  t.equal(data.child(0xec)?.unsigned, 300)
  t.equal(data.child(0xbf)?.float, 1.5)
  t.equal(data.child(0xaa), undefined)
  const value = (text: string) => EbmlData.of(1, hex(text), 0)
  t.same([value('').unsigned, value('').float, value('3ff8000000000000').float], [0, 0, 1.5])
})

t.test(
  'rejects a child larger than its parent or of unknown size, and a value of the wrong length',
  async t => {
    const code = 'AVIO_ERR_MATROSKA_INVALID'
    const list = (bytes: Buffer) => [...EbmlData.of(1, bytes, 0).children()]
    t.throws(() => list(hex('ec 83 0000')), { code })
    t.throws(() => list(endless(0xec)), { code })
    t.throws(() => list(hex('ec')), { code })
    t.throws(() => EbmlData.of(1, Buffer.alloc(9), 0).unsigned, { code })
    t.throws(() => EbmlData.of(1, Buffer.alloc(8, 0xff), 0).unsigned, { code })
    t.throws(() => EbmlData.of(1, Buffer.alloc(5), 0).float, { code })
  },
)

t.test('rejects too many elements, however nested', async t => {
  const many = (count: number) => Buffer.alloc(2 * count, Buffer.from('ec80', 'hex'))
  for (const [isLong, limit] of [
    [false, 2 ** 16],
    [true, 2 ** 22],
  ] as const) {
    const nested = EbmlData.of(1, element(0xa0, many(limit / 2)), 0, isLong)
    t.equal(nested.child(0xa0)?.child(0xaa), undefined)
    t.throws(() => nested.child(0xa0)?.child(0xaa), { code: 'AVIO_ERR_MATROSKA_LIMIT' }, 'walks add up')
  }
})

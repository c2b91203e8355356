import t from 'tap'
import { MemoryPieces } from '../../lib/io/memory-pieces.js'

const of = (...lengths: number[]) => lengths.map(length => new Uint8Array(length))

t.test('joins pieces to one run of bytes, and skips empty ones', async t => {
  const pieces = new MemoryPieces(of(3, 0, 4, 0))
  t.equal(pieces.length, 7)
  t.same(
    [0, 2, 3, 6, 7, 9].map(offset => pieces.at(offset).length),
    [3, 1, 4, 1, 0, 0],
  )
  t.equal(pieces.at(1, 1).length, 1)
  t.equal(pieces.at(0).length, 3, 'it can go back')
  t.same(
    pieces.list(2, 3).map(({ length }) => length),
    [1, 2],
  )
  t.same(pieces.list(7, 3), [])
  t.equal(new MemoryPieces([]).length, 0)
  t.equal(new MemoryPieces([]).at(0).length, 0)
})

t.test('copies to any offset, however the pieces are cut', async t => {
  for (let cut = 1; cut <= 12; cut++) {
    const memory = Buffer.alloc(12)
    const list: Buffer[] = []
    for (let at = 0; at < 12; at += cut) list.push(memory.subarray(at, at + cut))
    const pieces = new MemoryPieces(list)
    t.equal(pieces.write(3, Buffer.from('abcdef')), 6)
    t.equal(memory.toString('latin1'), `\0\0\0abcdef\0\0\0`)
    t.equal(pieces.write(10, Buffer.from('xyz')), 2, 'as far as there is room')
    t.equal(memory.toString('latin1', 10), 'xy')
  }
})

t.test('views the given memory itself', async t => {
  const whole = new Uint8Array(10)
  const pieces = new MemoryPieces(whole.subarray(4))
  pieces.at(1)[0] = 7
  t.equal(whole[5], 7)
})

t.test('rejects anything but bytes', async t => {
  for (const wrong of [undefined, null, 5, 'x', new ArrayBuffer(1), [1], [null], [new Uint16Array(1)]]) {
    t.throws(() => new MemoryPieces(wrong as never), { code: 'AVIO_ERR_OPTION', option: 'memory' })
  }
})

import t from 'tap'
import { chunk, missing } from '../../support/cut.js'

const FMT = chunk('fmt ', Buffer.alloc(16))
const riff = (...chunks: Buffer[]) => Buffer.concat([Buffer.from('RIFF\0\0\0\0WAVE', 'latin1'), ...chunks])

function long(id: string, dataSize: bigint, stated = 0xffffffff): Buffer {
  const ds64 = Buffer.alloc(28)
  ds64.writeBigUInt64LE(dataSize, 8)
  return Buffer.concat([
    Buffer.from(`${id}\xff\xff\xff\xffWAVE`, 'latin1'),
    chunk('ds64', ds64),
    ...[chunk('JUNK', Buffer.alloc(5)), FMT, chunk('data', Buffer.alloc(1000), stated)],
  ])
}

t.test('counts the data, and nothing else', async t => {
  const data = chunk('data', Buffer.alloc(1000))
  t.equal(await missing(riff(FMT, data)), undefined)
  t.match(await missing(riff(FMT, data).subarray(0, -1)), /WAV: its chunk "data" states/)
  t.match(await missing(riff(FMT, chunk('data', Buffer.alloc(1000), 1001))), /states/)
  const list = chunk('LIST', Buffer.alloc(100))
  t.equal(await missing(riff(FMT, data, list).subarray(0, -50)), undefined, 'a truncated LIST')
  t.match(await missing(riff(FMT, list, data).subarray(0, -50)), /states/, 'data after a LIST')
  t.equal(
    await missing(riff(FMT, chunk('data', Buffer.alloc(999))).subarray(0, -1)),
    undefined,
    'the last pad',
  )
})

t.test('ignores an invalid size', async t => {
  for (const size of [0, 0x7fff0000, 0x7ffff000, 0x7fffffff, 0x80000000, 0xffffffff]) {
    t.equal(await missing(riff(FMT, chunk('data', Buffer.alloc(1000), size))), undefined, size.toString(16))
  }
  for (const size of [0n, 2n ** 64n - 1n, 2n ** 63n - 1n])
    t.equal(await missing(long('RF64', size)), undefined)
})

t.test('reads the size of RF64 and BW64 in ds64', async t => {
  for (const id of ['RF64', 'BW64']) {
    t.equal(await missing(long(id, 1000n)), undefined)
    t.match(await missing(long(id, 1001n)), /ds64/)
    t.match(await missing(long(id, 5n * 2n ** 30n)), /ds64/)
    t.match(await missing(long(id, 0n, 1001)), /states/)
  }
})

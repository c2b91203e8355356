import t from 'tap'
import { missing } from '../../support/cut.js'

function caf(dataSize: bigint, bytes = 500, behind = Buffer.alloc(0)): Buffer {
  const chunkOf = (id: string, size: bigint, body: Buffer) => {
    const header = Buffer.from(`${id}\0\0\0\0\0\0\0\0`, 'latin1')
    header.writeBigInt64BE(size, 4)
    return Buffer.concat([header, body])
  }
  return Buffer.concat([
    Buffer.from('caff\0\x01\0\0', 'latin1'),
    chunkOf('desc', 32n, Buffer.alloc(32)),
    chunkOf('data', dataSize, Buffer.alloc(bytes)),
    ...(behind.length > 0 ? [chunkOf('pakt', BigInt(behind.length), behind)] : []),
  ])
}

t.test('counts the data, and ignores an invalid size', async t => {
  t.equal(await missing(caf(500n)), undefined)
  t.match(await missing(caf(501n)), /CAF: its chunk "data"/)
  for (const size of [-1n, 0n]) t.equal(await missing(caf(size)), undefined)
  t.equal(
    await missing(caf(500n, 500, Buffer.alloc(100)).subarray(0, -50)),
    undefined,
    'a truncated packet table',
  )
})

import t from 'tap'
import { missing } from '../../support/cut.js'

function tta(samples: number, sizes: readonly number[]): Buffer {
  const header = Buffer.alloc(22)
  header.write('TTA1', 'latin1')
  header.writeUInt32LE(245, 10)
  header.writeUInt32LE(samples, 14)
  const table = Buffer.alloc(4 * sizes.length + 4)
  for (const [n, size] of sizes.entries()) table.writeUInt32LE(size, 4 * n)
  return Buffer.concat([header, table, Buffer.alloc(sizes.reduce((sum, size) => sum + size, 0))])
}

t.test('adds up the frames of the seek table', async t => {
  const whole = tta(3 * 256 - 10, [100, 200, 50])
  t.equal(await missing(whole), undefined)
  t.equal(await missing(Buffer.concat([whole, Buffer.from('APETAGEX')])), undefined)
  t.match(await missing(whole.subarray(0, -1)), /TTA: its seek table states/)
  t.match(await missing(whole.subarray(0, 30)), /TTA: its seek table states/, 'within the table')
  for (const samples of [0, 0xffffffff, 0xfffffffe]) {
    const unknown = Buffer.from(whole)
    unknown.writeUInt32LE(samples, 14)
    t.equal(await missing(unknown.subarray(0, -100)), undefined)
  }
})

import t from 'tap'
import { missing } from '../../support/cut.js'

function au(size: number, bytes = 500): Buffer {
  const header = Buffer.from('.snd'.padEnd(32, '\0'), 'latin1')
  header.writeUInt32BE(32, 4)
  header.writeUInt32BE(size >>> 0, 8)
  return Buffer.concat([header, Buffer.alloc(bytes)])
}

t.test('counts the data, and ignores an invalid size', async t => {
  t.equal(await missing(au(500)), undefined)
  t.equal(await missing(au(400)), undefined)
  t.match(await missing(au(501)), /AU: its header states media up to byte 533, but the input has only 532/)
  for (const size of [0, 0x7fff0000, 0xffffffff]) t.equal(await missing(au(size)), undefined)
})

import t from 'tap'
import { missing } from '../../support/cut.js'
import { audioInput, ffmpegToFile } from '../../support/media.js'

const PROPERTIES = Buffer.from('a1dcab8c47a9cf118ee400c00c205365', 'hex')

t.test('counts the packets, but not the index after them, and ignores a broadcast', async t => {
  const file = await ffmpegToFile([...audioInput({ seconds: 2 }), '-c:a', 'wmav2', '-f', 'asf'], 'a.asf')
  const at = file.indexOf(PROPERTIES)
  t.equal(await missing(file), undefined)
  t.match(await missing(file.subarray(0, -1)), /ASF: its size of the file/)

  const longer = Buffer.from(file)
  longer.writeBigUInt64LE(BigInt(file.length + 5000), at + 40)
  t.equal(await missing(longer), undefined, 'a missing index')

  const broadcast = Buffer.from(file)
  broadcast.writeUInt32LE(broadcast.readUInt32LE(at + 88) | 1, at + 88)
  t.equal(await missing(broadcast.subarray(0, -1000)), undefined)
  for (const size of [0n, 2n ** 64n - 1n]) {
    const unknown = Buffer.from(file)
    unknown.writeBigUInt64LE(size, at + 40)
    t.equal(await missing(unknown.subarray(0, -1000)), undefined)
  }
})

import t from 'tap'
import { missing } from '../../support/cut.js'
import { audioInput, ffmpegToFile } from '../../support/media.js'

t.test('counts the data, and ignores an invalid size', async t => {
  const file = await ffmpegToFile([...audioInput({ seconds: 0.5, sampleRate: 8000 }), '-f', 'w64'], 'a.w64')
  const at = file.indexOf('data\xf3\xac', 0, 'latin1') + 16
  t.equal(await missing(file), undefined)
  t.match(
    await missing(file.subarray(0, at + 8 + Number(file.readBigUInt64LE(at)) - 24 - 1)),
    /W64: its chunk "data"/,
  )
  for (const size of [0n, 24n, 2n ** 63n - 1n, 2n ** 64n - 1n, 0xffffffffn, 0x7ffff000n]) {
    const other = Buffer.from(file)
    other.writeBigUInt64LE(size, at)
    t.equal(await missing(other.subarray(0, 2000)), undefined, size.toString(16))
  }
})

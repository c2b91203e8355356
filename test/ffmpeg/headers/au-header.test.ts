import t from 'tap'
import { AuHeader } from '../../../lib/ffmpeg/headers/au-header.js'
import { MiB } from '../../../lib/options.js'
import { assemble } from '../../support/deferred-header.js'
import { audioInput, ffmpegToFile, ffmpegToPipe, packetsOf } from '../../support/media.js'

const args = [...audioInput({ seconds: 0.02, sampleRate: 8000 }), '-metadata', 'title=x', '-f', 'au']

t.test("turns an AU stream into ffmpeg's own file, byte for byte, in any chunking", async t => {
  const stream = await ffmpegToPipe(args)
  const file = await ffmpegToFile(args, 'media.au')
  t.notSame(stream, file)
  for (let size = 1; size <= stream.length; size++) {
    if (!assemble(new AuHeader(), stream, { size }).equals(file)) t.fail(`cut every ${size} bytes`)
  }
})

t.test('pads a longer header, and keeps the media', async t => {
  const stream = await ffmpegToPipe(args)
  const file = await ffmpegToFile(args, 'media.au')
  const long = assemble(new AuHeader(), stream, { length: 4096 })
  t.equal(long.length, 4096 + 320)
  t.same(await packetsOf(long), await packetsOf(file))
  t.throws(() => assemble(new AuHeader(), stream, { length: 24 }), { code: 'AVIO_ERR_HEADER_TOO_LARGE' })
})

t.test('leaves a size that does not fit unknown', async t => {
  const head = new AuHeader()
  head.write(await ffmpegToPipe(args))
  const zeros = Buffer.alloc(64 * MiB)
  for (let n = 0; n < 64; n++) head.write(zeros)
  t.equal(head.head().readUInt32BE(8), 0xffffffff)
})

t.test('rejects anything but AU, and an early end', async t => {
  const stream = Buffer.from(await ffmpegToPipe(args))
  t.throws(() => new AuHeader().write(Buffer.alloc(24)), { code: 'AVIO_ERR_HEADER_INVALID' })
  t.throws(() => assemble(new AuHeader(), stream.subarray(0, 25)), { message: /ended within its header/ })
  stream.writeUInt32BE(8, 4)
  t.throws(() => new AuHeader().write(stream), { message: /begin at byte 8/ })
})

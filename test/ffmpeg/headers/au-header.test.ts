import t from 'tap'
import { AuHeader } from '../../../lib/ffmpeg/headers/au-header.js'
import { MiB } from '../../../lib/options.js'
import { assemble } from '../../support/deferred-header.js'
import { audioInput, ffmpegToFile, ffmpegToPipe, packetsOf } from '../../support/media.js'

const args = [...audioInput({ seconds: 0.02, sampleRate: 8000 }), '-metadata', 'title=x', '-f', 'au']

t.test('an AU becomes the file that ffmpeg writes, byte for byte, however it is cut', async t => {
  const stream = await ffmpegToPipe(args)
  const file = await ffmpegToFile(args, 'media.au')
  t.notSame(stream, file)
  for (let size = 1; size <= stream.length; size++) {
    if (!assemble(new AuHeader(), stream, { size }).equals(file)) t.fail(`cut every ${size} bytes`)
  }
})

t.test('a longer head is filled up, and the media are the same', async t => {
  const stream = await ffmpegToPipe(args)
  const file = await ffmpegToFile(args, 'media.au')
  const long = assemble(new AuHeader(), stream, { length: 4096 })
  t.equal(long.length, 4096 + 320)
  t.same(await packetsOf(long), await packetsOf(file))
  t.throws(() => assemble(new AuHeader(), stream, { length: 24 }), { code: 'AVIO_ERR_HEADER_TOO_LARGE' })
})

t.test('a size that has no place stays unknown', async t => {
  const head = new AuHeader()
  head.write(await ffmpegToPipe(args))
  const zeros = Buffer.alloc(64 * MiB)
  for (let n = 0; n < 64; n++) head.write(zeros)
  t.equal(head.head().readUInt32BE(8), 0xffffffff)
})

t.test('what is no AU, or ends too early, has no head', async t => {
  const stream = Buffer.from(await ffmpegToPipe(args))
  t.throws(() => new AuHeader().write(Buffer.alloc(24)), { code: 'AVIO_ERR_HEADER_INVALID' })
  t.throws(() => assemble(new AuHeader(), stream.subarray(0, 25)), { message: /ended within its header/ })
  stream.writeUInt32BE(8, 4)
  t.throws(() => new AuHeader().write(stream), { message: /begin at byte 8/ })
})

import t from 'tap'
import { HeaderWriter, expectWord, headerInvalid } from '../../../lib/ffmpeg/headers/header-writer.js'

/** A header whose first byte is its length. */
const header = (limit?: number) =>
  new HeaderWriter({
    stage: 'Stage',
    measure: bytes => bytes[0]!,
    ...(limit === undefined ? {} : { limit }),
  })

t.test('keeps the header and returns the rest, in any chunking', async t => {
  const stream = Buffer.from([4, 1, 2, 3, 4, 5, 6])
  for (let size = 1; size <= stream.length; size++) {
    const held = header()
    const rest: Buffer[] = []
    for (let at = 0; at < stream.length; at += size) rest.push(held.take(stream.subarray(at, at + size)))
    t.same(held.end(), stream.subarray(0, 4))
    t.same(Buffer.concat(rest), stream.subarray(4))
  }
})

t.test('does not retain the chunk around the header', async t => {
  const held = header()
  const chunk = Buffer.from([2, 1, 0])
  held.take(chunk)
  chunk[1] = 9
  t.same(held.bytes, Buffer.from([2, 1]))
})

t.test('rejects a header that is too long or incomplete', async t => {
  t.throws(() => header(3).take(Buffer.from([4])), { code: 'AVIO_ERR_HEADER_INVALID', message: /3 bytes/ })
  const held = header()
  held.take(Buffer.from([4, 1]))
  t.throws(() => held.bytes, { code: 'AVIO_ERR_HEADER_INVALID', message: /ended within/ })
})

t.test('reports a missing word with the bytes in its place', async t => {
  const bytes = Buffer.from('..RIFX')
  t.doesNotThrow(() => expectWord('Stage', bytes, 'RIFX', 2))
  t.throws(() => expectWord('Stage', bytes, 'RIFF', 2), { message: /"RIFX" .*"RIFF" at byte 2/ })
  t.match(headerInvalid('Stage', 'it is odd'), { message: /^Stage .*it is odd/ })
})

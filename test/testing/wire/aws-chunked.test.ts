import t from 'tap'
import { AwsChunkedDecoder } from '../../../lib/testing/wire/aws-chunked.js'
import { patterned } from '../patterned.js'

const body = patterned(20_000)
const size = (bytes: number) => bytes.toString(16)

function frame(pieces: readonly Buffer[], trailers = ''): Buffer {
  const chunks = pieces.flatMap((piece, i) => [
    Buffer.from(`${size(piece.length)};chunk-signature=${'ab'.repeat(i + 1)}\r\n`),
    piece,
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...chunks, Buffer.from(`0;chunk-signature=ff\r\n${trailers}\r\n`)])
}

function decode(chunks: Iterable<Buffer>) {
  const out: Buffer[] = []
  const signatures: (string | undefined)[] = []
  const decoder = new AwsChunkedDecoder({
    data: bytes => void out.push(bytes),
    chunkEnd: signature => void signatures.push(signature),
  })
  for (const chunk of chunks) decoder.write(chunk)
  decoder.end()
  return { bytes: Buffer.concat(out), signatures, trailers: [...decoder.trailers] }
}

function* cut(whole: Buffer, every: number) {
  for (let at = 0; at < whole.length; at += every) yield whole.subarray(at, at + every)
}

const framed = frame(
  [body.subarray(0, 9000), body.subarray(9000)],
  'x-amz-checksum-crc32:AAAAAA==\r\nOther: b\r\n',
)
const expected = {
  bytes: body,
  signatures: ['ab', 'abab', 'ff'],
  trailers: [
    ['x-amz-checksum-crc32', 'AAAAAA=='],
    ['other', 'b'],
  ],
}

t.test('decodes bytes, signatures and trailers, however the body is cut', async t => {
  for (const every of [1, 2, 3, 7, 100, 8999, 9000, 9001, framed.length - 1, framed.length]) {
    t.same(decode(cut(framed, every)), expected, `cut every ${every} bytes`)
  }
  for (let at = framed.length - 80; at < framed.length; at++) {
    t.same(decode([framed.subarray(0, at), framed.subarray(at)]), expected, `cut at ${at}`)
  }
})

t.test('decodes an empty body', async t => {
  t.same(decode([Buffer.from('0\r\n\r\n')]), {
    bytes: Buffer.alloc(0),
    signatures: [undefined],
    trailers: [],
  })
})

t.test('passes bytes on as slices, without copies', async t => {
  const whole = frame([body])
  const seen: Buffer[] = []
  const decoder = new AwsChunkedDecoder({ data: bytes => void seen.push(bytes), chunkEnd: () => undefined })
  decoder.write(whole)
  t.equal(seen.length, 1)
  t.equal(seen[0]?.buffer, whole.buffer)
})

t.test('accepts missing final line ends', async t => {
  t.same(decode([Buffer.from('0\r\n')]).signatures, [undefined])
  t.same(decode([Buffer.from('0\r\na:b')]).trailers, [['a', 'b']])
})

t.test('rejects a body truncated at any byte', async t => {
  const end = framed.length - Buffer.byteLength('x-amz-checksum-crc32:AAAAAA==\r\nOther: b\r\n\r\n')
  for (let length = 0; length < end; length += length < 100 || length >= end - 100 ? 1 : 99) {
    t.throws(() => decode([framed.subarray(0, length)]), { code: 'IncompleteBody' }, `cut off at ${length}`)
  }
})

t.test('rejects malformed framing', async t => {
  const broken = {
    'no size': 'xyz\r\n',
    'an overlong size': `${'f'.repeat(14)}\r\n`,
    'a chunk longer than its stated size': '2\r\nabc\r\n0\r\n\r\n',
    'bytes after the end': '0\r\n\r\nmore',
    'a trailer without a value': '0\r\nname\r\n\r\n',
    'a line without an end': 'a'.repeat(9000),
  }
  for (const [name, text] of Object.entries(broken)) {
    t.throws(() => decode([Buffer.from(text)]), { code: 'IncompleteBody' }, name)
  }
})

t.test('allows only the last chunk to be short', async t => {
  const short = { code: 'InvalidChunkSizeError', status: 403 }
  t.throws(() => decode([frame([body.subarray(0, 8191), body])]), short)
  t.same(decode([frame([body.subarray(0, 8192), body.subarray(8192, 8193)])]).bytes, body.subarray(0, 8193))
})

import t from 'tap'
import { ChunkSignatures } from '../../../lib/testing/wire/chunk-signatures.js'
import { signingKey } from '../../../lib/testing/wire/sigv4.js'

// The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
const seed = {
  key: signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '20130524', 'us-east-1'),
  scope: '20130524/us-east-1/s3/aws4_request',
  date: '20130524T000000Z',
  signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
}
const chunks: [Buffer, string][] = [
  [Buffer.alloc(65_536, 'a'), 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'],
  [Buffer.alloc(1024, 'a'), '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'],
  [Buffer.alloc(0), 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'],
]

t.test('accepts the documented chain of signatures, however a chunk is cut', async t => {
  const signatures = new ChunkSignatures(seed)
  for (const [bytes, signature] of chunks) {
    signatures.update(bytes.subarray(0, 100))
    signatures.update(bytes.subarray(100))
    signatures.endChunk(signature)
  }
  t.throws(
    () => signatures.endTrailer('', chunks[2]![1]),
    { code: 'SignatureDoesNotMatch' },
    'the chain goes on',
  )
})

t.test('rejects a changed byte, a missing chunk, or a missing signature', async t => {
  const refused = { code: 'SignatureDoesNotMatch' }
  const changed = new ChunkSignatures(seed)
  changed.update(Buffer.alloc(65_536, 'b'))
  t.throws(() => changed.endChunk(chunks[0]![1]), refused)
  const skipped = new ChunkSignatures(seed)
  skipped.update(chunks[1]![0])
  t.throws(() => skipped.endChunk(chunks[1]![1]), refused)
  t.throws(() => new ChunkSignatures(seed).endChunk(undefined), refused)
})

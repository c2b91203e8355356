import { PassThrough } from 'node:stream'
import t from 'tap'
import { HeaderOffer, headerTooLarge } from '../../../lib/io/pipeline/header-claim.js'

t.test('builds the header for its claimant, once complete', async t => {
  const offer = new HeaderOffer('Maker')
  const claimed = offer.claim()
  t.throws(() => claimed.bytes(), /Maker has no header before it has ended/)
  offer.complete(length => Buffer.alloc(length ?? 3, 7))
  t.same(claimed.bytes(), Buffer.alloc(3, 7))
  t.same(claimed.bytes(5), Buffer.alloc(5, 7))
})

t.test('rejects an unclaimed header, and readers besides the claimant', async t => {
  const source = new PassThrough()
  const offer = new HeaderOffer('Maker')
  t.match(offer.unclaimed(source), {
    code: 'AVIO_ERR_HEADER_UNCLAIMED',
    message: /^Maker .*S3MultipartWritable/,
  })
  source.pipe(new PassThrough())
  const claimed = offer.claim()
  t.equal(offer.unclaimed(source), undefined)

  source.on('data', () => undefined)
  t.match(
    offer.unclaimed(source),
    { code: 'AVIO_ERR_HEADER_UNCLAIMED' },
    'a listener would read a body without its header',
  )
  source.removeAllListeners('data')
  source.on('readable', () => undefined)
  t.match(offer.unclaimed(source), { code: 'AVIO_ERR_HEADER_UNCLAIMED' }, 'so would an iterator')
  source.removeAllListeners('readable')
  t.equal(offer.unclaimed(source), undefined)

  claimed.release()
  claimed.release()
  t.match(offer.unclaimed(source), { code: 'AVIO_ERR_HEADER_UNCLAIMED' }, 'the claim was released')
  offer.claim()
  t.equal(offer.unclaimed(source), undefined, 'the second release had no effect')
})

t.test('reports the size of a header that does not fit, and what to raise', async t => {
  t.match(headerTooLarge('Maker', 10, 4), {
    code: 'AVIO_ERR_HEADER_TOO_LARGE',
    message: /Maker has 10 bytes .* the 4 .* "headerReserve"/,
  })
})

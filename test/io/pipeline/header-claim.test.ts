import { PassThrough } from 'node:stream'
import t from 'tap'
import { HeaderOffer, headerTooLarge } from '../../../lib/io/pipeline/header-claim.js'

t.test('a head is made for whoever has claimed it, and only once it is complete', async t => {
  const offer = new HeaderOffer('Maker')
  const claimed = offer.claim()
  t.throws(() => claimed.bytes(), /Maker has no header before it has ended/)
  offer.complete(length => Buffer.alloc(length ?? 3, 7))
  t.same(claimed.bytes(), Buffer.alloc(3, 7))
  t.same(claimed.bytes(5), Buffer.alloc(5, 7))
})

t.test('a head that nobody has claimed is an error, and so is a reader beside the one who has', async t => {
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
    'a listener sees a body without its head',
  )
  source.removeAllListeners('data')
  source.on('readable', () => undefined)
  t.match(offer.unclaimed(source), { code: 'AVIO_ERR_HEADER_UNCLAIMED' }, 'and so does an iterator')
  source.removeAllListeners('readable')
  t.equal(offer.unclaimed(source), undefined)

  claimed.release()
  claimed.release()
  t.match(offer.unclaimed(source), { code: 'AVIO_ERR_HEADER_UNCLAIMED' }, 'given back')
  offer.claim()
  t.equal(offer.unclaimed(source), undefined, 'and only once')
})

t.test('a head that does not fit says by how much, and what to raise', async t => {
  t.match(headerTooLarge('Maker', 10, 4), {
    code: 'AVIO_ERR_HEADER_TOO_LARGE',
    message: /Maker has 10 bytes .* the 4 .* "headerReserve"/,
  })
})

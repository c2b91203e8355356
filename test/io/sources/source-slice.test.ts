import t from 'tap'
import { BytesSource } from '../../../lib/io/sources/bytes-source.js'
import { SourceSlice } from '../../../lib/io/sources/source-slice.js'
import { collect, randomAccessSuite } from '../../support/random-access-suite.js'

const bytes = new BytesSource({ bytes: Buffer.from('0123456789') })
const RANGE = { code: 'AVIO_ERR_SOURCE_RANGE', source: 'BytesSource' }

t.test('maps its byte 0 to the source’s byte start, and ends at end', async t => {
  const middle = new SourceSlice(bytes, 3, 8)
  t.equal(middle.name, 'BytesSource')
  t.equal(await middle.size(), 5)
  t.equal(String(await collect(middle.read(0, 5))), '34567')
  t.equal(String(await collect(middle.read(1, 3))), '45')
  await t.rejects(collect(middle.read(3, 6)), RANGE)
})

t.test('ends with the source, and rejects a start past its end', async t => {
  t.equal(await new SourceSlice(bytes, 8, 99).size(), 2)
  t.equal(await new SourceSlice(bytes, 8, Infinity).size(), 2)
  await t.rejects(new SourceSlice(bytes, 10, Infinity).size(), {
    ...RANGE,
    message: /byte 10 of BytesSource: it ends at byte 10/,
  })
  t.equal(
    await new SourceSlice(new BytesSource({ bytes: Buffer.alloc(0) }), 0, 9).size(),
    0,
    'the whole of an empty source is no error',
  )
})

randomAccessSuite(
  t,
  'a part of a source',
  (_t, bytes) => {
    const before = bytes.length === 0 ? 0 : 7
    const whole = Buffer.concat([Buffer.alloc(before, 1), bytes, Buffer.alloc(before, 2)])
    return new SourceSlice(new BytesSource({ bytes: whole }), before, before + bytes.length)
  },
  'AVIO_ERR_SOURCE_RANGE',
)

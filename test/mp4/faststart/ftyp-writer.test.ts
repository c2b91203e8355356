import t from 'tap'
import type { Part } from '../../../lib/mp4/boxes/box-writer.js'
import { fileTypePart } from '../../../lib/mp4/faststart/ftyp-writer.js'
import { box, u32 } from '../../support/fmp4.js'
import { topLevel } from '../../support/sample-tables.js'

const brandsOf = (part: Part): string[] => {
  const bytes = Buffer.alloc(part.size)
  part.write(bytes, 0)
  return (bytes.toString('latin1', 8, 12) + bytes.toString('latin1', 16)).match(/.{4}/gs)!
}
const fileType = (...brands: string[]) => topLevel(box('ftyp', brands[0]!, u32(1), ...brands.slice(1)))

t.test('drops brands of fragments, and adds isom', t => {
  t.same(brandsOf(fileTypePart(fileType('iso5', 'iso5', 'iso6', 'mp41'), false)), [
    ...['isom', 'isom', 'iso2', 'mp41'],
  ])
  t.same(brandsOf(fileTypePart(fileType('cmfc', 'iso6', 'dash', 'msix', 'av01'), false)), [
    ...['isom', 'isom', 'iso2', 'av01'],
  ])
  t.same(brandsOf(fileTypePart(undefined, true)), ['isom', 'isom', 'iso2', 'iso4'])
  t.end()
})

t.test('keeps all other brands, with the version of the first', t => {
  const part = fileTypePart(fileType('qt  ', 'qt  '), false)
  t.same(brandsOf(part), ['qt  ', 'qt  '])
  const bytes = Buffer.alloc(part.size)
  part.write(bytes, 0)
  t.equal(bytes.readUInt32BE(12), 1)
  t.same(brandsOf(fileTypePart(fileType('M4A ', 'mp42', 'isom'), false)), ['M4A ', 'M4A ', 'mp42', 'isom'])
  t.end()
})

t.test('rejects a ftyp too short for its brand, and drops a hundred thousand brands', t => {
  t.throws(() => fileTypePart(topLevel(box('ftyp', 'iso')), false), { code: 'AVIO_ERR_MP4_BOX_INVALID' })
  const many = Array.from({ length: 100_000 }, (_, n) => String(n).padStart(5, 'x').slice(1))
  t.ok(fileTypePart(fileType('isom', many.join('')), false).size < 400)
  t.end()
})

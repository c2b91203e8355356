import t from 'tap'
import { amfProperties } from '../../../lib/ffmpeg/headers/amf.js'

const key = (name: string) => Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name)])
const number = Buffer.from([0, 0x40, 0x45, 0, 0, 0, 0, 0, 0])
const start = Buffer.concat([Buffer.from([2]), key('onMetaData'), Buffer.from([8, 0, 0, 0, 9])])
const end = Buffer.from([0, 0, 9])

/** A value of each type that ffmpeg writes, after its type byte. */
const VALUES: Record<string, Buffer> = {
  number,
  boolean: Buffer.from([1, 1]),
  string: Buffer.from([2, 0, 2, 0x61, 0x62]),
  null: Buffer.from([5]),
  date: Buffer.concat([Buffer.from([11]), Buffer.alloc(10)]),
  long: Buffer.from([12, 0, 0, 0, 1, 0x61]),
}

t.test('finds every field, after values of every type', async t => {
  const fields = Object.entries(VALUES).flatMap(([name, value]) => [key(name), value])
  const bytes = Buffer.concat([start, ...fields, key('last'), number, end])
  const properties = amfProperties(bytes, 0)
  t.same(
    properties.map(property => property.key),
    [...Object.keys(VALUES), 'last'],
  )
  const numbers = properties.filter(({ type }) => type === 'number')
  t.same(
    numbers.map(({ place }) => bytes.readDoubleBE(place)),
    [42, 42],
  )
})

t.test('ends the list without an error at truncated data or another type', async t => {
  const bytes = Buffer.concat([start, key('a'), number, key('b'), VALUES['long']!, end])
  for (let length = 0; length <= bytes.length; length++) {
    t.ok(amfProperties(bytes.subarray(0, length), 0).length <= 2)
  }
  const strange = Buffer.concat([start, key('a'), number, key('object'), Buffer.from([3]), end])
  t.equal(amfProperties(strange, 0).length, 1)
  t.same(amfProperties(Buffer.from([8, 0, 0, 0, 0]), 0), [])
})

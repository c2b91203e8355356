import t from 'tap'
import { tablesEnd } from '../../../lib/containers/extents/mp4-tables.js'
import { soundUnit } from '../../../lib/containers/extents/mp4-sound.js'
import { box, moov, parsed, samples } from '../../support/index-boxes.js'

/** A QuickTime sound description. */
function entry(
  type: string,
  version: number,
  channels: number,
  bits: number,
  more: Buffer = Buffer.alloc(0),
) {
  const body = Buffer.alloc(28)
  body.writeUInt16BE(version, 8)
  body.writeUInt16BE(channels, 16)
  body.writeUInt16BE(bits, 18)
  return box(type, body, more)
}

const fields = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [n, value] of values.entries()) bytes.writeUInt32BE(value, 4 * n)
  return bytes
}

t.test('returns the number of bytes of audio samples', async t => {
  const unit = (bytes: Buffer) => soundUnit(parsed(bytes))
  t.same(unit(entry('sowt', 0, 2, 16)), { samples: 1, bytes: 4 })
  t.same(unit(entry('in24', 0, 6, 24)), { samples: 1, bytes: 18 })
  t.same(unit(entry('ima4', 1, 2, 16, fields(64, 34, 68, 2))), { samples: 64, bytes: 68 })
  t.same(unit(entry('lpcm', 2, 3, 16, Buffer.concat([Buffer.alloc(28), fields(8, 1)]))), {
    samples: 1,
    bytes: 8,
  })
  t.equal(unit(entry('mp4a', 0, 2, 16)), undefined)
  t.equal(unit(entry('ima4', 1, 2, 16, fields(0, 34, 68, 2))), undefined)
  t.equal(soundUnit(undefined), undefined)
})

t.test('applies to a table that counts audio samples one by one', async t => {
  const given = { offsets: [100], perChunk: 1000, fixed: 1, count: 1000 }
  t.equal(tablesEnd(moov(samples({ ...given, sound: entry('sowt', 0, 2, 16) }))), 4100)
  t.equal(tablesEnd(moov(samples({ ...given, sound: entry('mp4a', 0, 2, 16) }))), 1100)
  t.equal(tablesEnd(moov(samples(given))), 1100)
})

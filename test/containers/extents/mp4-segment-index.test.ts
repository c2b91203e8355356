import t from 'tap'
import { segmentIndexEnd } from '../../../lib/containers/extents/mp4-segment-index.js'
import { Box } from '../../../lib/mp4/boxes/box.js'

function sidx(version: 0 | 1, first: number, sizes: readonly number[], count = sizes.length): Box {
  const body = Buffer.alloc(version === 0 ? 24 : 32)
  body[0] = version
  if (version === 0) body.writeUInt32BE(first, 16)
  else body.writeBigUInt64BE(BigInt(first), 20)
  body.writeUInt16BE(count, body.length - 2)
  const references = sizes.map(size => {
    const reference = Buffer.alloc(12)
    reference.writeUInt32BE(size >>> 0)
    return reference
  })
  const bytes = Buffer.concat([Buffer.from('\0\0\0\0sidx', 'latin1'), body, ...references])
  bytes.writeUInt32BE(bytes.length)
  return Box.topLevel(bytes, 0, bytes.length, 1000, 0)
}

t.test('adds up the references, from the end of the index on', async t => {
  t.equal(segmentIndexEnd(sidx(0, 0, [10, 20])), 1000 + 56 + 30)
  t.equal(segmentIndexEnd(sidx(1, 7, [10, 20])), 1000 + 64 + 37)
  t.equal(segmentIndexEnd(sidx(0, 0, [10, 0x80000000 + 20])), 1000 + 56 + 30, 'another index')
})

t.test('states nothing for an invalid size, or for a truncated index', async t => {
  for (const sizes of [[], [0], [10, 0], [0x7fffffff], [0xffffffff]]) {
    t.equal(segmentIndexEnd(sidx(0, 0, sizes)), undefined)
  }
  t.equal(segmentIndexEnd(sidx(0, 0, [10], 3)), undefined)
})

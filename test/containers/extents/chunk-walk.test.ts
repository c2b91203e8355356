import t from 'tap'
import { mediaChunk } from '../../../lib/containers/extents/chunk-walk.js'

const rules = {
  headerLength: 8,
  isMedia: (header: Buffer) => header.toString('latin1', 0, 4) === 'data',
  sizeOf: (header: Buffer) => header.readInt32BE(4),
  isUnknown: (size: number) => size === 0,
  align: 4,
  by: 'data',
}

/** The positions that the walk requests, and its claim. */
function walk(bytes: Buffer) {
  const places: number[] = []
  const steps = mediaChunk(0, rules)
  for (let step = steps.next(); ;) {
    if (step.done) return { places, claim: step.value }
    const need = step.value as { at: number; length: number }
    places.push(need.at)
    step = steps.next({ bytes: bytes.subarray(need.at, need.at + need.length), at: need.at, size: undefined })
  }
}

t.test('walks from chunk to chunk by the given rules', async t => {
  const bytes = Buffer.from('junk\0\0\0\x01x   data\0\0\0\x07', 'latin1')
  t.same(walk(bytes), { places: [0, 12], claim: { end: 27, by: 'data' } })
})

t.test('claims nothing without media, or without their size', async t => {
  t.equal(walk(Buffer.from('junk\0\0\0\x01x', 'latin1')).claim, undefined)
  t.equal(walk(Buffer.from('data\0\0\0\0', 'latin1')).claim, undefined)
  t.equal(walk(Buffer.from('data\xff\xff\xff\xff', 'latin1')).claim, undefined)
  t.equal(walk(Buffer.from('junk\xff\xff\xff\xff', 'latin1')).claim, undefined)
})

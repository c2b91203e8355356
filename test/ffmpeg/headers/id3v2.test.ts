import t from 'tap'
import { id3Size, repairId3 } from '../../../lib/ffmpeg/headers/id3v2.js'

/** A tag with frames of these sizes and padding, which states a size of 0. */
function tag(version: 3 | 4, sizes: readonly number[], padding: number): Buffer {
  const frames = sizes.map(size => {
    const frame = Buffer.alloc(10 + size, 'x')
    frame.write('TIT2')
    const bytes = version === 4 ? [0, 0, size >> 7, size & 127] : [0, 0, size >> 8, size & 255]
    frame.set([...bytes, 0, 0], 4)
    return frame
  })
  return Buffer.concat([
    Buffer.from(`ID3${String.fromCharCode(version)}\0\0\0\0\0\0`),
    ...frames,
    Buffer.alloc(padding),
  ])
}

const audio = Buffer.from([0xff, 0xfb, 0x50, 0xc4, 0, 0, 0, 0, 0, 0, 0])

t.test('uses the size that a tag states', async t => {
  const stated = tag(4, [200], 0)
  repairId3(stated)
  t.equal(id3Size(stated.subarray(0, 10)), 220)
  t.same([...stated.subarray(6, 10)], [0, 0, 1, 82])
})

t.test('ends a tag without a size after its frames and their padding', async t => {
  for (const version of [3, 4] as const) {
    for (const padding of [0, 10, 33]) {
      const whole = tag(version, [200, 1, 300], padding)
      t.equal(id3Size(Buffer.concat([whole, audio])), whole.length, `version ${version}, ${padding} zeros`)
    }
  }
})

t.test('includes a late size after the padding in the tag', async t => {
  for (const late of [
    [0, 2, 56, 111],
    [0, 0, 0, 7],
    [1, 2, 3, 4],
  ]) {
    const whole = Buffer.concat([tag(4, [200], 10), Buffer.from(late)])
    t.equal(id3Size(Buffer.concat([whole, audio])), whole.length)
    repairId3(whole)
    t.ok(whole.subarray(220).equals(Buffer.alloc(14)))
    t.equal(id3Size(whole), whole.length)
  }
})

t.test('requests more bytes when necessary, and never more than the final size', async t => {
  const whole = Buffer.concat([tag(4, [200, 1], 10), audio])
  const size = whole.length - audio.length
  for (let length = 0; length < whole.length; length++) {
    const wanted = id3Size(whole.subarray(0, length))
    t.ok(wanted > length || wanted === size, `${length} bytes`)
    t.ok(wanted <= size + 10)
  }
})

t.test('finds no tag in other data', async t => {
  t.equal(id3Size(audio), 0)
  t.equal(id3Size(audio.subarray(0, 3)), 10)
})

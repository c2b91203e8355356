import t from 'tap'
import { bytesOf } from '../../../lib/testing/store/content.js'
import { MemoryContent, memoryContents } from '../../../lib/testing/store/memory-content.js'
import { patterned } from '../patterned.js'

const bytes = patterned(200_000)

t.test('reads any range from buffers of any size', async t => {
  const content = new MemoryContent(
    [3, 1, 5, 2].map((size, i) => bytes.subarray([0, 3, 4, 9][i], [0, 3, 4, 9][i]! + size)),
  )
  t.equal(content.size, 11)
  for (let start = 0; start <= 11; start++) {
    for (let end = start; end <= 11; end++) {
      const part = Buffer.concat([...content.read(start, end)])
      if (!part.equals(bytes.subarray(start, end))) t.fail(`${start} to ${end}`)
    }
  }
  t.same([...new MemoryContent([]).read(0, 0)], [])
})

t.test('reads the written bytes back, in pieces of any size', async t => {
  for (const size of [1, 10, 4095, 4096, 65_536, 65_537, 200_000]) {
    const writer = memoryContents.create()
    for (let at = 0; at < bytes.length; at += size) {
      void writer.write(bytes.subarray(at, at + size))
    }
    const content = await writer.finish()
    t.equal(content.size, bytes.length)
    t.ok((await bytesOf(content)).equals(bytes), `pieces of ${size}`)
  }
})

t.test('keeps large buffers without a copy, and gathers small ones', async t => {
  const writer = memoryContents.create()
  const large = bytes.subarray(0, 100_000)
  writer.write(Buffer.from('a'))
  writer.write(Buffer.from('b'))
  writer.write(large)
  writer.write(Buffer.alloc(0))
  const chunks = [...((await writer.finish()).read(0, 100_002) as Iterable<Buffer>)]
  t.equal(chunks.length, 2)
  t.equal(chunks[0]?.toString(), 'ab')
  t.equal(chunks[1]?.buffer, large.buffer)
})

t.test('does not pin a whole block for a few small bytes', async t => {
  const writer = memoryContents.create()
  writer.write(Buffer.from('few'))
  const [chunk] = (await writer.finish()).read(0, 3) as Iterable<Buffer>
  t.equal(chunk!.buffer.byteLength, 3)
})

t.test('drops abandoned content', async t => {
  const writer = memoryContents.create()
  writer.write(bytes)
  t.equal(writer.discard(), undefined)
  t.equal((await writer.finish()).size, 0)
})

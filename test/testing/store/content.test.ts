import t from 'tap'
import { bytesOf, type Content, JoinedContent, SyntheticContent } from '../../../lib/testing/store/content.js'
import { MemoryContent } from '../../../lib/testing/store/memory-content.js'
import { patterned } from '../patterned.js'

const bytes = patterned(1000)
const generated = new SyntheticContent(1000, (start, end) => bytes.subarray(start, end))

async function read(content: Content, start: number, end: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of content.read(start, end)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

t.test('reads joined contents as one, between any two offsets', async t => {
  const pieces = [bytes.subarray(0, 3), Buffer.alloc(0), bytes.subarray(3, 10), bytes.subarray(10, 12)]
  const joined = new JoinedContent(pieces.map(piece => new MemoryContent([piece])))
  t.equal(joined.size, 12)
  for (let start = 0; start <= 12; start++) {
    for (let end = start; end <= 12; end++) {
      const part = await read(joined, start, end)
      if (!part.equals(bytes.subarray(start, end))) t.fail(`${start} to ${end}`)
    }
  }
  t.same(await bytesOf(joined), bytes.subarray(0, 12))
})

t.test('holds and releases joined contents together', async t => {
  const log: string[] = []
  const part = (name: string): Content => ({
    size: 1,
    read: () => [],
    hold: () => {
      log.push(`hold ${name}`)
      return () => void log.push(`let go ${name}`)
    },
    release: () => void log.push(`release ${name}`),
  })
  const joined = new JoinedContent([part('a'), part('b')])
  const letGo = joined.hold()
  joined.release()
  letGo()
  t.same(log, ['hold a', 'hold b', 'release a', 'release b', 'let go a', 'let go b'])
})

t.test('requests only the bytes read from synthetic content, in slices', async t => {
  const asked: [number, number][] = []
  const size = 2 ** 40
  const huge = new SyntheticContent(size, async (start, end) => {
    asked.push([start, end])
    return Buffer.alloc(end - start, start % 251)
  })
  t.equal(huge.size, size)
  t.equal((await read(huge, size - 300_000, size)).length, 300_000)
  t.same(asked, [
    [size - 300_000, size - 300_000 + 262_144],
    [size - 300_000 + 262_144, size],
  ])
  t.same(await read(generated, 10, 20), bytes.subarray(10, 20))
})

t.test('rejects a generator that returns too few or too many bytes', async t => {
  for (const given of [9, 11]) {
    const wrong = new SyntheticContent(10, () => Buffer.alloc(given))
    await t.rejects(read(wrong, 0, 10), { name: 'RangeError' })
  }
})

import { createHash } from 'node:crypto'
import t from 'tap'
import { checksumOf } from '../../../lib/testing/wire/checksum.js'
import { bytesOf, type Content, type ContentStore } from '../../../lib/testing/store/content.js'
import { Intake, takeContent } from '../../../lib/testing/operations/intake.js'
import { MemoryContent, memoryContents } from '../../../lib/testing/store/memory-content.js'
import { patterned } from '../patterned.js'

const bytes = patterned(10_000)
const md5 = createHash('md5').update(bytes).digest()

t.test('computes entity tag and checksum of all bytes', async t => {
  const intake = new Intake(memoryContents, { etag: 'md5', algorithm: 'CRC32C' })
  for (let at = 0; at < bytes.length; at += 999) await intake.write(bytes.subarray(at, at + 999))
  t.equal(intake.size, bytes.length)
  const taken = await intake.finish()
  t.equal(taken.etag, `"${md5.toString('hex')}"`)
  t.equal(taken.md5, md5.toString('base64'))
  t.same(taken.checksum, { algorithm: 'CRC32C', value: checksumOf('CRC32C', bytes) })
  t.same(await bytesOf(taken.content), bytes)
})

t.test('generates a new opaque entity tag each time, with the MD5 on request', async t => {
  const take = async (wantsMd5: boolean) => {
    const intake = new Intake(memoryContents, { etag: 'opaque', md5: wantsMd5 })
    await intake.write(bytes)
    return intake.finish()
  }
  const [one, two] = [await take(false), await take(true)]
  t.match(one.etag, /^"[0-9a-f]{32}"$/)
  t.not(one.etag, two.etag)
  t.equal(one.md5, undefined)
  t.equal(two.md5, md5.toString('base64'))
  t.equal(one.checksum, undefined)
})

t.test('takes a slice of content without copying memory', async t => {
  const taken = await takeContent(memoryContents, { etag: 'md5' }, new MemoryContent([bytes]), 100, 9000)
  const [chunk] = taken.content.read(0, 8900) as Iterable<Buffer>
  t.same(chunk, bytes.subarray(100, 9000))
  t.equal(chunk?.buffer, bytes.buffer)
})

t.test('leaves nothing behind and releases the source if the source fails', async t => {
  const log: string[] = []
  const store: ContentStore = {
    create: () => ({
      ...memoryContents.create(),
      write: () => undefined,
      discard: () => void log.push('discard'),
    }),
  }
  const source: Content = {
    size: 10,
    *read() {
      yield Buffer.from('half')
      throw new Error('broken')
    },
    hold: () => () => void log.push('let go'),
    release: () => undefined,
  }
  await t.rejects(takeContent(store, { etag: 'md5' }, source), { message: 'broken' })
  t.same(log, ['discard', 'let go'])
})

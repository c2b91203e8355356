import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bytesOf } from '../../../lib/testing/store/content.js'
import { FileContent, FileWriter } from '../../../lib/testing/store/file-content.js'
import { patterned } from '../patterned.js'

const bytes = patterned(700_000)

async function write(path: string, size = 65_536) {
  const writer = new FileWriter(path)
  for (let at = 0; at < bytes.length; at += size) await writer.write(bytes.subarray(at, at + size))
  return writer.finish()
}

t.test('reads the written bytes between any two offsets', async t => {
  const path = join(t.testdir({}), 'content')
  const content = await write(path)
  t.equal(content.size, bytes.length)
  t.ok((await bytesOf(content)).equals(bytes))
  for (const [start, end] of [
    [0, 0],
    [0, 1],
    [262_143, 262_145],
    [699_999, 700_000],
    [100, 600_000],
  ] as const) {
    const chunks: Buffer[] = []
    for await (const chunk of content.read(start, end)) chunks.push(chunk)
    t.ok(Buffer.concat(chunks).equals(bytes.subarray(start, end)), `${start} to ${end}`)
  }
})

t.test('makes writers wait for a full queue', async t => {
  const path = join(t.testdir({}), 'content')
  const writer = new FileWriter(path)
  const large = Buffer.alloc(2 * 1024 ** 2, 'x')
  const wait = writer.write(large)
  t.ok(wait instanceof Promise)
  await wait
  await writer.finish()
  t.ok(readFileSync(path).equals(large))
})

t.test('leaves no file of abandoned content', async t => {
  const path = join(t.testdir({}), 'content')
  const writer = new FileWriter(path)
  await writer.write(bytes)
  await writer.discard()
  t.equal(existsSync(path), false)
})

t.test('reports a file that cannot be written', async t => {
  const path = join(t.testdir({}), 'no', 'such', 'folder')
  await t.rejects(
    async () => {
      const writer = new FileWriter(path)
      await writer.write(Buffer.alloc(2 * 1024 ** 2))
      await writer.write(bytes)
      await writer.finish()
    },
    { code: 'ENOENT' },
  )
  const empty = new FileWriter(path)
  await t.rejects(async () => empty.finish(), { code: 'ENOENT' })
  const given = new FileWriter(path)
  await given.discard()
})

t.test('keeps a released file while someone reads it', async t => {
  const path = join(t.testdir({}), 'content')
  const content = await write(path)
  const [first, second] = [content.hold(), content.hold()]
  content.release()
  first()
  t.equal(existsSync(path), true)
  t.ok((await bytesOf(content)).equals(bytes))
  second()
  t.equal(existsSync(path), false)
  content.release()
})

t.test('rejects a file that has become shorter', async t => {
  const path = join(t.testdir({ content: 'short' }), 'content')
  await t.rejects(bytesOf(new FileContent(path, 10)), { name: 'RangeError', message: /ends at 5, not at 10/ })
})

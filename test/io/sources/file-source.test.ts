import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { appendFile, chmod, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { FileSource } from '../../../lib/io/sources/file-source.js'
import { BLOCK_SIZE } from '../../../lib/io/memory/block-pool.js'
import { MiB } from '../../../lib/options.js'
import { collect, randomAccessSuite } from '../../support/random-access-suite.js'

const LONG_AGO = new Date('2020-01-01T00:00:00Z')

/** A file whose modification time no later write can have. */
async function file(t: Test, bytes: Buffer | string): Promise<string> {
  const path = join(t.testdir({}), 'talk.mov')
  await writeFile(path, bytes)
  await utimes(path, LONG_AGO, LONG_AGO)
  return path
}

/** How many descriptors of this process are open on `path`. */
function descriptors(path: string): number {
  return readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      return false
    }
  }).length
}

const canCount = process.platform === 'linux' ? {} : { skip: 'needs /proc' }

randomAccessSuite(
  t,
  'a file',
  async (t, bytes) => new FileSource({ path: await file(t, bytes) }),
  'AVIO_ERR_SOURCE_RANGE',
)

t.test('accepts a file: URL and a symbolic link', async t => {
  const path = await file(t, 'abcdef')
  const link = `${path}.link`
  await symlink(path, link)
  for (const name of [pathToFileURL(path), link]) {
    t.equal((await collect(new FileSource({ path: name }).read(2, 4))).toString(), 'cd')
  }
})

t.test('rejects any other path synchronously', async t => {
  for (const wrong of [undefined, null, '', 5, {}, new URL('http://127.0.0.1/x')]) {
    t.throws(() => new FileSource({ path: wrong as never }), { code: 'AVIO_ERR_OPTION', option: 'path' })
  }
})

t.test('detects a file written, truncated or replaced between two reads', async t => {
  const ways: Record<string, (path: string) => Promise<void>> = {
    'written to': path => writeFile(path, 'ABCDEF'),
    'appended to': path => appendFile(path, 'g'),
    truncated: path => truncate(path, 3),
    replaced: async path => {
      await writeFile(`${path}.new`, 'ABCDEF')
      await utimes(`${path}.new`, LONG_AGO, LONG_AGO)
      await rename(`${path}.new`, path)
    },
  }
  for (const [how, change] of Object.entries(ways)) {
    for (const first of ['size', 'read'] as const) {
      const path = await file(t, 'abcdef')
      const one = new FileSource({ path })
      await (first === 'size' ? one.size() : collect(one.read(0, 1)))
      await change(path)
      const error = { code: 'AVIO_ERR_SOURCE_CHANGED', source: path, byteOffset: 1 }
      await t.rejects(collect(one.read(1, 2)), error, `${how}, pinned by ${first}`)
      t.equal(await one.size(), 6, 'the size is that of the pinned version')
    }
  }
})

t.test('detects a change during a read before delivering later bytes', async t => {
  const bytes = randomBytes(8 * BLOCK_SIZE)
  for (const change of [
    (path: string) => truncate(path, 3 * BLOCK_SIZE + 5),
    (path: string) => writeFile(path, randomBytes(bytes.length)),
  ]) {
    const path = await file(t, bytes)
    let delivered = 0
    const reading = async () => {
      for await (const chunk of new FileSource({ path }).read(0, bytes.length)) {
        t.ok(chunk.equals(bytes.subarray(delivered, delivered + chunk.length)))
        delivered += chunk.length
        if (delivered === BLOCK_SIZE) await change(path)
      }
    }
    await t.rejects(reading(), { code: 'AVIO_ERR_SOURCE_CHANGED', byteOffset: BLOCK_SIZE })
    t.equal(delivered, BLOCK_SIZE)
  }
})

t.test('detects a change while it fills memory, before reporting later bytes', async t => {
  const bytes = randomBytes(4 * MiB)
  for (const change of [
    (path: string) => truncateSync(path, 2 * MiB + 5),
    (path: string) => writeFileSync(path, randomBytes(bytes.length)),
  ]) {
    const path = await file(t, bytes)
    const memory = Buffer.alloc(bytes.length)
    let reported = 0
    const onProgress = (length: number) => {
      reported += length
      if (reported === MiB) change(path)
    }
    const error = { code: 'AVIO_ERR_SOURCE_CHANGED', byteOffset: MiB }
    await t.rejects(new FileSource({ path }).readInto(0, memory, { onProgress }), error)
    t.equal(reported, MiB)
    t.ok(memory.subarray(0, MiB).equals(bytes.subarray(0, MiB)))
    if (process.platform === 'linux') t.equal(descriptors(path), 0, 'the descriptor is closed')
  }
})

t.test('reads a file to its end if another file replaces it', async t => {
  const bytes = randomBytes(4 * BLOCK_SIZE)
  const path = await file(t, bytes)
  const chunks = new FileSource({ path }).read(0, bytes.length)
  const first = (await chunks.next()).value as Buffer
  await rm(path)
  await writeFile(path, 'another')
  t.ok(bytes.equals(Buffer.concat([first, await collect(chunks)])))
})

t.test('rejects a missing file', async t => {
  const path = join(t.testdir({}), 'none')
  const one = new FileSource({ path })
  const error = { code: 'AVIO_ERR_SOURCE_NOT_FOUND', source: path, cause: { code: 'ENOENT' } }
  await t.rejects(one.size(), error)
  await t.rejects(collect(one.read(0, 1)), { ...error, byteOffset: 0 })
})

t.test('rejects a file without read permission', async t => {
  const path = await file(t, 'abc')
  await chmod(path, 0)
  const { getuid, seteuid } = process
  const isRoot = getuid?.() === 0
  if (isRoot) seteuid!(65534)
  try {
    await t.rejects(collect(new FileSource({ path }).read(0, 1)), {
      code: 'AVIO_ERR_SOURCE_DENIED',
      cause: { code: 'EACCES' },
    })
  } finally {
    if (isRoot) seteuid!(0)
  }
})

t.test('rejects a directory and a pipe, and does not wait for the pipe', async t => {
  const folder = t.testdir({})
  await t.rejects(new FileSource({ path: folder }).size(), {
    code: 'AVIO_ERR_SOURCE_READ',
    message: /a directory/,
  })
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await t.rejects(collect(new FileSource({ path: pipe }).read(0, 1)), {
    code: 'AVIO_ERR_SOURCE_READ',
    message: /not a regular file/,
  })
  const below = join(await file(t, 'abc'), 'below')
  await t.rejects(new FileSource({ path: below }).size(), {
    code: 'AVIO_ERR_SOURCE_READ',
    cause: { code: 'ENOTDIR' },
  })
})

t.test('closes its descriptor however a read ends', canCount, async t => {
  const bytes = randomBytes(8 * BLOCK_SIZE)
  const path = await file(t, bytes)
  const one = new FileSource({ path })
  await collect(one.read(0, bytes.length))
  t.equal(descriptors(path), 0, 'at the end')
  for await (const chunk of one.read(0, bytes.length)) {
    t.ok(chunk.length > 0)
    t.equal(descriptors(path), 1)
    break
  }
  t.equal(descriptors(path), 0, 'after leaving the loop')
  const controller = new AbortController()
  const chunks = one.read(0, bytes.length, controller.signal)
  await chunks.next()
  controller.abort()
  await t.rejects(chunks.next(), { name: 'AbortError' })
  t.equal(descriptors(path), 0, 'after an abort')
  const again = new AbortController()
  const opening = collect(one.read(0, bytes.length, again.signal))
  setImmediate(() => again.abort())
  await t.rejects(opening, { name: 'AbortError' })
  t.equal(descriptors(path), 0, 'after an abort during open()')
  await appendFile(path, 'x')
  await t.rejects(collect(one.read(0, 1)), { code: 'AVIO_ERR_SOURCE_CHANGED' })
  t.equal(descriptors(path), 0, 'after an error')
})

t.test('reads only the version with the given etag, in any process', async t => {
  const path = await file(t, 'one')
  const first = new FileSource({ path })
  t.equal(first.etag, undefined, 'the file has not been opened')
  await first.size()
  const { etag } = first
  t.type(etag, 'string')
  t.same(await collect(new FileSource({ path, etag }).read(0, 3)), Buffer.from('one'))
  t.equal(new FileSource({ path, etag }).etag, undefined)

  for (const change of [() => appendFile(path, '!'), () => utimes(path, LONG_AGO, new Date())]) {
    await change()
    const late = new FileSource({ path, etag })
    const message = /is no longer the version with the ETag ".+": its ETag is ".+"/
    const changed = { code: 'AVIO_ERR_SOURCE_CHANGED', message, retryable: false }
    await t.rejects(late.size(), changed)
    await t.rejects(collect(late.read(0, 3)), changed, 'a read fails too')
    t.equal(late.etag, undefined)
  }
})

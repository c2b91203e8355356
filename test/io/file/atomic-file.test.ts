import { randomBytes } from 'node:crypto'
import { chmod, lstat, open, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { AtomicFile } from '../../../lib/io/file/atomic-file.js'
import { MiB } from '../../../lib/options.js'

const settings = (path: string) => ({ path, overwrite: true, mode: 0o666 })

function fail(code: string) {
  return () => Promise.reject(Object.assign(new Error(`${code}: a fault`), { code }))
}

/** Replaces `method` of all file handles during the test. If `instead` returns `undefined`, the real method runs. */
async function fault(
  t: Test,
  method: 'writev' | 'unlink' | 'sync',
  instead: () => Promise<unknown> | undefined,
) {
  const some = await open(process.execPath)
  const prototype = Object.getPrototypeOf(some) as Record<string, (...args: unknown[]) => unknown>
  await some.close()
  const real = prototype[method]!
  prototype[method] = function (...args) {
    return instead() ?? real.apply(this, args)
  }
  t.teardown(() => (prototype[method] = real))
}

t.test('shows nothing under the name before the commit, and the whole file after it', async t => {
  const folder = t.testdir({ 'a.mp4': 'older' })
  const path = join(folder, 'a.mp4')
  const file = await AtomicFile.create(settings(path))
  await file.write([Buffer.from('cd'), Buffer.from('e')], 2)
  await file.write([Buffer.from('ab')], 0)
  const [neighbour, older] = (await readdir(folder)).toSorted()
  t.match(neighbour, /^\.a\.mp4\.[0-9a-f]{12}\.partial$/)
  t.equal(older, 'a.mp4')
  await file.close()
  t.equal(await readFile(path, 'utf8'), 'older')
  await file.commit(true)
  t.equal(await readFile(path, 'utf8'), 'abcde')
  t.same(await readdir(folder), ['a.mp4'])
})

t.test('leaves only the old file when discarded, at any time', async t => {
  const folder = t.testdir({ 'a.mp4': 'older' })
  for (const isClosed of [false, true]) {
    const file = await AtomicFile.create(settings(join(folder, 'a.mp4')))
    await file.write([Buffer.from('new')], 0)
    if (isClosed) await file.close()
    await file.discard()
    t.same(await readdir(folder), ['a.mp4'])
    t.equal(await readFile(join(folder, 'a.mp4'), 'utf8'), 'older')
  }
})

t.test('moves any number of bytes up and down in place', async t => {
  const folder = t.testdir({})
  const path = join(folder, 'a')
  for (const size of [0, 1, MiB - 1, MiB, MiB + 1, 2 * MiB + 77]) {
    for (const by of [1, 7, 100, MiB + 3, -1, -7, -100]) {
      const bytes = randomBytes(size)
      const file = await AtomicFile.create(settings(path))
      await file.write([bytes], 128)
      await file.move(128, 128 + size, 128 + by)
      await file.close()
      await file.commit(true)
      const moved = await readFile(path)
      t.equal(Buffer.compare(moved.subarray(128 + by), bytes), 0, `${size} bytes by ${by}`)
    }
  }
})

t.test('fails for a file it may not replace, at the start and at the end', async t => {
  const folder = t.testdir({})
  const path = join(folder, 'a')
  const late = await AtomicFile.create({ ...settings(path), overwrite: false })
  await late.close()
  await writeFile(path, 'older')
  await t.rejects(late.commit(false), { name: 'FileError', code: 'AVIO_ERR_FILE_EXISTS', path })
  await late.discard()
  await t.rejects(AtomicFile.create({ ...settings(path), overwrite: false }), {
    code: 'AVIO_ERR_FILE_EXISTS',
  })
  t.same(await readdir(folder), ['a'])
  t.equal(await readFile(path, 'utf8'), 'older')
})

t.test('writes a file that must be new if none exists', async t => {
  const folder = t.testdir({})
  const file = await AtomicFile.create({ path: join(folder, 'a'), overwrite: false, mode: 0o600 })
  await file.close()
  await file.commit(false)
  t.same(await readdir(folder), ['a'])
  t.equal((await stat(join(folder, 'a'))).mode & 0o777, 0o600)
})

t.test('accepts a name of the maximum length', async t => {
  const path = join(t.testdir({}), 'é'.repeat(127))
  const file = await AtomicFile.create(settings(path))
  await file.close()
  await file.commit(true)
  t.ok((await stat(path)).isFile())
})

t.test('keeps a symbolic link and replaces its target', async t => {
  const folder = t.testdir({ real: { a: 'older' } })
  await symlink(join('real', 'a'), join(folder, 'link'))
  const file = await AtomicFile.create(settings(join(folder, 'link')))
  await file.write([Buffer.from('new')], 0)
  await file.close()
  await file.commit(true)
  t.equal(await readFile(join(folder, 'real', 'a'), 'utf8'), 'new')
  t.same((await readdir(folder)).toSorted(), ['link', 'real'])
})

t.test('keeps a dangling symbolic link and creates its target', async t => {
  const folder = t.testdir({ real: {} })
  await symlink(join('real', 'a'), join(folder, 'middle'))
  await symlink('middle', join(folder, 'link'))
  const file = await AtomicFile.create(settings(join(folder, 'link')))
  await file.write([Buffer.from('new')], 0)
  await file.close()
  await file.commit(true)
  t.equal(await readFile(join(folder, 'real', 'a'), 'utf8'), 'new')
  t.ok((await lstat(join(folder, 'link'))).isSymbolicLink())
})

t.test('reports write failures with a remedy', async t => {
  const folder = t.testdir({ file: '', closed: {} })
  for (const [path, message] of [
    [join(folder, 'none', 'a'), /ENOENT.*Create the directory first/],
    [join(folder, 'file', 'a'), /ENOTDIR/],
    [folder, /it is a directory\./],
    ['/dev/null', /it is not a regular file\./],
  ] as const) {
    await t.rejects(AtomicFile.create(settings(path)), {
      code: 'AVIO_ERR_FILE_WRITE',
      message,
      path,
      retryable: false,
    })
  }
  await chmod(join(folder, 'closed'), 0o500)
  // Root ignores permissions.
  if (process.getuid?.() === 0) return
  await t.rejects(AtomicFile.create(settings(join(folder, 'closed', 'a'))), {
    message: /EACCES.*permissions/,
  })
})

t.test('fails on a full disk and removes the partial file', async t => {
  const folder = t.testdir({})
  const file = await AtomicFile.create(settings(join(folder, 'a')))
  await fault(t, 'writev', fail('ENOSPC'))
  await t.rejects(file.write([Buffer.from('a')], 0), {
    code: 'AVIO_ERR_FILE_WRITE',
    message: /ENOSPC: a fault\. Free some space on the disk\.$/,
    retryable: true,
    cause: { code: 'ENOSPC' },
  })
  await file.discard()
  t.same(await readdir(folder), [])
})

t.test('completes partial writes', async t => {
  const path = join(t.testdir({}), 'a')
  for (const taken of [0, 2, 3, 4]) {
    const file = await AtomicFile.create(settings(path))
    await file.write([Buffer.from('123456789'.slice(0, taken))], 0)
    await t.test(`${taken} bytes at first`, async t => {
      await fault(t, 'writev', () => Promise.resolve({ bytesWritten: taken }))
      await file.write(
        ['123', '', '456', '789'].map(text => Buffer.from(text)),
        0,
      )
    })
    await file.close()
    await file.commit(true)
    t.equal(await readFile(path, 'utf8'), '123456789')
  }
})

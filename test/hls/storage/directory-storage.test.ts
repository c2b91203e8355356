import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { finished, pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { DirectoryStorage, type DirectoryStorageOptions } from '../../../lib/hls/storage/directory-storage.js'
import type { SegmentStorage } from '../../../lib/hls/storage/segment-storage.js'
import { DATA, failureOf, source } from '../../support/uploads.js'

const INFO = { contentType: 'video/mp4' }

/** Typed as the interface, as the packager uses it. */
function storageIn(path: string | URL): SegmentStorage & { delete(name: string): Promise<void> } {
  return new DirectoryStorage({ path })
}

t.test('stores objects as files below the directory, and creates their parents', async t => {
  for (const path of [join(t.testdir(), 'a', 'b'), pathToFileURL(join(t.testdir(), 'c'))]) {
    const storage = storageIn(path)
    const folder = path instanceof URL ? join(t.testdirName, 'c') : path
    await pipeline(source(DATA), storage.open('720p/segment-00001.m4s', { ...INFO, large: true }))
    await pipeline(source(DATA.subarray(0, 5)), storage.open('main.m3u8', INFO))
    t.ok(readFileSync(join(folder, '720p', 'segment-00001.m4s')).equals(DATA))
    t.same(readdirSync(folder).sort(), ['720p', 'main.m3u8'])
  }
})

t.test('replaces a file in one step when its stream has finished', async t => {
  const path = t.testdir({ 'live.m3u8': 'older' })
  const sink = storageIn(path).open('live.m3u8', INFO)
  await new Promise(resolve => sink.write('new', resolve))
  t.equal(readFileSync(join(path, 'live.m3u8'), 'utf8'), 'older')
  sink.end('er')
  await finished(sink)
  t.equal(readFileSync(join(path, 'live.m3u8'), 'utf8'), 'newer')
  t.same(readdirSync(path), ['live.m3u8'])
})

t.test('leaves nothing of a stream destroyed half-way, and keeps an older file', async t => {
  const path = t.testdir({ old: 'older' })
  for (const name of ['old', 'new']) {
    const sink = storageIn(path).open(name, INFO)
    await new Promise(resolve => sink.write('half', resolve))
    const failure = failureOf(finished(sink))
    const error = new Error('mine')
    sink.destroy(error)
    await once(sink, 'close').catch(() => undefined)
    t.equal(await failure, error)
  }
  t.same(readdirSync(path), ['old'])
  t.equal(readFileSync(join(path, 'old'), 'utf8'), 'older')
})

t.test('removes a file, and accepts that there is none', async t => {
  const path = t.testdir({ a: { b: 'x' } })
  const storage = storageIn(path)
  await storage.delete('a/b')
  t.notOk(existsSync(join(path, 'a', 'b')))
  await storage.delete('a/b')
  await storage.delete('no/such/folder')
  mkdirSync(join(path, 'folder'))
  await t.rejects(storage.delete('folder'), {
    code: 'AVIO_ERR_FILE_WRITE',
    path: join(path, 'folder'),
    message: /can't be removed/,
  })
})

t.test('reports a directory that can not be created, with its path', async t => {
  const path = t.testdir()
  writeFileSync(join(path, 'file'), '')
  const storage = storageIn(path)
  t.throws(() => storage.open('file/a', INFO), {
    code: 'AVIO_ERR_FILE_WRITE',
    path: join(path, 'file', 'a'),
    message: /directory .* can't be created/,
  })
})

t.test('refuses names that lead out of the directory', async t => {
  const path = t.testdir({ in: {}, out: 'x' })
  const storage = storageIn(join(path, 'in'))
  for (const name of ['../out', '/etc/passwd', 'a/../../out', 'a\\..\\..\\out']) {
    t.throws(() => storage.open(name, INFO), { code: 'AVIO_ERR_OPTION', option: 'name' })
    await t.rejects(storage.delete(name), { code: 'AVIO_ERR_OPTION', option: 'name' })
  }
  t.ok(existsSync(join(path, 'out')))
})

t.test('takes the directory as a path or a file URL', async t => {
  for (const path of [undefined, null, '', 7, new URL('https://example.com/')]) {
    t.throws(() => new DirectoryStorage({ path } as DirectoryStorageOptions), {
      code: 'AVIO_ERR_OPTION',
      option: 'path',
    })
  }
  t.throws(() => new DirectoryStorage({ path: 'a', mode: 1 } as DirectoryStorageOptions), {
    code: 'AVIO_ERR_OPTION',
    option: 'mode',
  })
})

t.test('reads a stored object, and reports one that is missing, too large, or not a file', async t => {
  const path = t.testdir({ 'a.m3u8': '#EXTM3U\n', folder: {} })
  const storage = storageIn(path)
  t.equal(await storage.read!('b.m3u8', 100), undefined)
  t.equal(String(await storage.read!('a.m3u8', 8)), '#EXTM3U\n')
  await t.rejects(storage.read!('a.m3u8', 7), { code: 'AVIO_ERR_SOURCE_READ', source: join(path, 'a.m3u8') })
  await t.rejects(storage.read!('folder', 100), { code: 'AVIO_ERR_SOURCE_READ' })
  await t.rejects(storage.read!('../a', 100), { code: 'AVIO_ERR_OPTION', option: 'name' })
})

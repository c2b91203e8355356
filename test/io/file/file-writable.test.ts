import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { CommitGroup } from '../../../lib/io/pipeline/commit-group.js'
import { FileWritable } from '../../../lib/io/file/file-writable.js'
import { commitOf } from '../../../lib/io/pipeline/commit-hook.js'
import { KiB, MiB } from '../../../lib/options.js'
import { fileOf, headed } from '../../support/heads.js'
import { failureOf, source } from '../../support/uploads.js'

const MEDIA = randomBytes(300 * KiB)

/** A folder with an older file, and its contents. */
function open(t: Test) {
  const folder = t.testdir({ 'a.mp4': 'older' })
  const path = join(folder, 'a.mp4')
  return { path, files: () => readdirSync(folder), bytes: () => readFileSync(path) }
}

/** Asserts that the folder contains only the older file, unchanged. */
function isUntouched(t: Test, { files, bytes }: ReturnType<typeof open>) {
  t.same(files(), ['a.mp4'])
  t.equal(String(bytes()), 'older')
}

t.test('writes a file of any size, and replaces the old one at the end', async t => {
  const at = open(t)
  for (const size of [0, 1, MEDIA.length]) {
    const sink = new FileWritable({ path: at.path })
    await pipeline(source(MEDIA.subarray(0, size), 1021), sink)
    t.same(await sink.result, { path: at.path, bytes: size })
    t.equal(Buffer.compare(at.bytes(), MEDIA.subarray(0, size)), 0)
    t.same(at.files(), ['a.mp4'])
  }
})

t.test('supports strings, empty chunks and cork()', async t => {
  const at = open(t)
  const sink = new FileWritable({ path: at.path })
  sink.cork()
  sink.write('a')
  sink.write('')
  sink.write('62', 'hex')
  sink.uncork()
  sink.end('c')
  t.same(await sink.result, { path: at.path, bytes: 3 })
  t.equal(String(at.bytes()), 'abc')
})

t.test('writes a deferred header first: from memory, into its reserve, or by moving the rest', async t => {
  const at = open(t)
  const [size, headerReserve, headerHoldSize] = [5000, 8192, 64 * KiB]
  for (const [media, head, options, length] of [
    [MEDIA.subarray(0, 0), size, {}, size],
    [MEDIA.subarray(0, headerHoldSize), size, { headerHoldSize }, size],
    [MEDIA, size, { headerHoldSize, headerReserve }, headerReserve],
    [MEDIA, size, { headerHoldSize, headerReserve: size }, size],
    [MEDIA, size, { headerHoldSize, headerReserve: size + 7 }, size],
    [MEDIA, size, { headerHoldSize, headerReserve: size - 1 }, size],
    [MEDIA, 2 * MiB + 1, { headerHoldSize: 0, headerReserve: 16 }, 2 * MiB + 1],
  ] as const) {
    const sink = new FileWritable({ path: at.path, ...options })
    await pipeline(source(media), headed(head), sink)
    const file = fileOf(media, head, length)
    t.same(await sink.result, { path: at.path, bytes: file.length })
    t.equal(Buffer.compare(at.bytes(), file), 0, `${media.length} bytes, ${JSON.stringify(options)}`)
    t.same(at.files(), ['a.mp4'])
  }
})

t.test('leaves nothing when destroyed at any time, and passes an error on', async t => {
  const boom = new Error('boom')
  for (const bring of [
    () => undefined,
    // While the partial file is opened.
    (sink: FileWritable) => void sink.write(MEDIA),
    (sink: FileWritable) => new Promise(resolve => sink.write(MEDIA, resolve)),
    (sink: FileWritable) => void sink.end(MEDIA),
  ]) {
    for (const error of [boom, undefined]) {
      const at = open(t)
      const sink = new FileWritable({ path: at.path })
      sink.on('error', () => undefined)
      const closed = new Promise(resolve => sink.on('close', resolve))
      await bring(sink)
      sink.destroy(error)
      sink.destroy(new Error('another one'))
      await closed
      t.match(await failureOf(sink.result), error ?? { code: 'AVIO_ERR_FILE_WRITE', path: at.path })
      isUntouched(t, at)
      t.equal(sink.listenerCount('pipe'), 1, 'later pipes are still rejected')
    }
  }
})

t.test('leaves nothing when destroyed while moving bytes', async t => {
  const at = open(t)
  const sink = new FileWritable({ path: at.path, headerHoldSize: 0, headerReserve: 16 })
  const from = headed(5000)
  const done = pipeline(source(MEDIA), from, sink)
  // The sink requests the header after writing everything else.
  await once(from, 'end')
  await new Promise(setImmediate)
  sink.destroy(new Error('boom'))
  t.match(await failureOf(sink.result), { message: 'boom' })
  await failureOf(done)
  isUntouched(t, at)
})

t.test('leaves nothing after an abort', async t => {
  const at = open(t)
  for (const abort of ['before', 'later'] as const) {
    const controller = new AbortController()
    if (abort === 'before') controller.abort()
    const sink = new FileWritable({ path: at.path, signal: controller.signal })
    const failed = once(sink, 'error')
    sink.write('abc')
    if (abort === 'later') controller.abort()
    t.match((await failed)[0], { name: 'AbortError' })
    t.match(await failureOf(sink.result), { name: 'AbortError' })
    isUntouched(t, at)
  }
})

t.test('leaves nothing when the source of a plain pipe() fails or closes early', async t => {
  for (const error of [new Error('boom'), undefined]) {
    for (const from of [new PassThrough(), headed(100)]) {
      const at = open(t)
      const sink = from.pipe(new FileWritable({ path: at.path, headerHoldSize: 0 }))
      from.write(MEDIA.subarray(0, 1000))
      const failed = once(sink, 'error')
      from.on('error', () => undefined).destroy(error)
      t.match((await failed)[0], error ?? { code: 'AVIO_ERR_UPSTREAM_CLOSED' })
      await failureOf(sink.result)
      isUntouched(t, at)
    }
  }
})

t.test('keeps an existing file with overwrite: false, also one created while writing', async t => {
  const at = open(t)
  const sink = new FileWritable({ path: at.path, overwrite: false })
  t.match(await failureOf(pipeline(source(MEDIA), sink)), { code: 'AVIO_ERR_FILE_EXISTS', path: at.path })
  await failureOf(sink.result)
  isUntouched(t, at)

  const path = `${at.path}.new`
  const late = new FileWritable({
    path,
    overwrite: false,
    beforeCommit: () => writeFileSync(path, 'meanwhile'),
  })
  t.match(await failureOf(pipeline(source(MEDIA), late)), { code: 'AVIO_ERR_FILE_EXISTS', path })
  await failureOf(late.result)
  t.equal(readFileSync(path, 'utf8'), 'meanwhile')
  t.same(at.files(), ['a.mp4', 'a.mp4.new'])

  const fresh = new FileWritable({ path: `${at.path}.2`, overwrite: false })
  await pipeline(source(MEDIA), fresh)
  t.equal((await fresh.result).bytes, MEDIA.length)
})

t.test('fails for a missing directory', async t => {
  const path = join(t.testdir({}), 'none', 'a.mp4')
  const sink = new FileWritable({ path })
  const error = await failureOf(pipeline(source(MEDIA), sink))
  t.match(error, { code: 'AVIO_ERR_FILE_WRITE', path, cause: { code: 'ENOENT' } })
  t.equal(await failureOf(sink.result), error)
})

t.test('resolves a relative path against the working directory at construction', async t => {
  const folder = t.testdir({ other: {} })
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  process.chdir(folder)
  const sink = new FileWritable({ path: 'a.mp4' })
  const lost = new FileWritable({ path: 'b.mp4' })
  await Promise.all([sink, lost].map(stream => new Promise(resolve => stream.write('a', resolve))))
  process.chdir('other')
  sink.end()
  t.same(await sink.result, { path: 'a.mp4', bytes: 1 })
  lost.destroy()
  await once(lost, 'close')
  t.same(readdirSync(folder), ['a.mp4', 'other'])
  t.same(readdirSync('.'), [])
})

t.test('passes the file’s size to beforeCommit, which may refuse', async t => {
  const at = open(t)
  const boom = new Error('boom')
  for (const [say, cause] of [
    [() => false, undefined],
    [() => Promise.reject(boom), boom],
  ] as const) {
    let summary: unknown
    const sink = new FileWritable({
      path: at.path,
      beforeCommit: said => {
        summary = said
        return say()
      },
    })
    const error = await failureOf(pipeline(source(MEDIA), headed(100), sink))
    t.match(error, { code: 'AVIO_ERR_COMMIT_REFUSED' })
    t.equal(error?.cause, cause)
    t.same(summary, { path: at.path, bytes: MEDIA.length + 100 })
    await failureOf(sink.result)
    isUntouched(t, at)
  }
})

t.test('can hold its commit, and does not wait for it when destroyed', async t => {
  const at = open(t)
  const sink = new FileWritable({ path: at.path })
  t.equal(commitOf(sink)?.target, at.path)
  const reached = new Promise<void>(resolve => {
    commitOf(sink)!.hold(() => {
      resolve()
      return new Promise(() => undefined)
    })
  })
  sink.end(MEDIA)
  await reached
  t.equal(String(at.bytes()), 'older')
  sink.destroy()
  await once(sink, 'close')
  isUntouched(t, at)
})

t.test('writes all files of a group or none', async t => {
  const folder = t.testdir({})
  for (const fails of [false, true]) {
    const sinks = ['a', 'b'].map(name => {
      return new FileWritable({ path: join(folder, name), beforeCommit: () => !(fails && name === 'b') })
    })
    const group = new CommitGroup({ members: sinks.map(sink => commitOf(sink)!) })
    for (const sink of sinks) {
      sink.on('error', () => undefined)
      sink.end(fails ? 'newer' : 'new')
    }
    const error = await failureOf(group.settled())
    t.equal(error?.['code'], fails ? 'AVIO_ERR_COMMIT_REFUSED' : undefined)
    for (const name of ['a', 'b']) t.equal(readFileSync(join(folder, name), 'utf8'), 'new')
    t.same(readdirSync(folder), ['a', 'b'])
  }
})

t.test('rejects a deferred header after other bytes', async t => {
  const at = open(t)
  const sink = new FileWritable({ path: at.path })
  sink.write('before')
  t.match(await failureOf(pipeline(source(MEDIA), headed(100), sink)), { code: 'AVIO_ERR_HEADER_UNCLAIMED' })
  await failureOf(sink.result)
  isUntouched(t, at)
})

t.test('is a Writable, and rejects misspelt options synchronously', async t => {
  const { path } = open(t)
  const sink = new FileWritable({ path })
  t.ok(sink instanceof Writable)
  sink.destroy()
  t.throws(() => new FileWritable({ path, ...({ overwrit: true } as object) }), { code: 'AVIO_ERR_OPTION' })
})

t.test('stores nothing when destroyed during a held commit, even if the hold is released', async t => {
  const folder = t.testdir()
  const sink = new FileWritable({ path: join(folder, 'a') })
  let letGo!: () => void
  const reached = new Promise<void>(resolve => {
    commitOf(sink)!.hold(() => {
      resolve()
      return new Promise(open => (letGo = open))
    })
  })
  sink.end('bytes')
  await reached
  letGo()
  sink.destroy()
  await t.rejects(sink.result, { code: 'AVIO_ERR_FILE_WRITE', message: /destroyed before its end/ })
  t.same(readdirSync(folder), [])
})

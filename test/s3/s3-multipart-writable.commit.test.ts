import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { CommitGroup } from '../../lib/io/pipeline/commit-group.js'
import { commitOf } from '../../lib/io/pipeline/commit-hook.js'
import type { S3MultipartWritable } from '../../lib/s3/s3-multipart-writable.js'
import { fileOf, headed } from '../support/heads.js'
import { PART, UploadStore } from '../support/upload-store.js'
import { DATA, failureOf, source, writer } from '../support/uploads.js'

/** Makes `sink` wait before its commit, until `open()` or `refuse()`. */
function hold(sink: S3MultipartWritable) {
  let isReached!: () => void
  let open!: () => void
  let refuse!: (reason: unknown) => void
  const reached = new Promise<void>(resolve => (isReached = resolve))
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve
    refuse = reject
  })
  opened.catch(() => undefined)
  commitOf(sink)!.hold(() => {
    isReached()
    return opened
  })
  return { reached, open, refuse }
}

/** A single request and a multipart upload: the calls before the commit, and the commit. */
const CASES: [size: number, before: string[], commit: string][] = [
  [3, [], 'put'],
  [PART + 3, ['create', 'part 1', 'part 2'], 'complete'],
]

t.test('offers its target and its result', async t => {
  const store = await UploadStore.open(t)
  const sink = writer(store)
  t.equal(commitOf(sink)?.target, 's3://uploads/k')
  t.equal(commitOf(sink)?.result, sink.result)
  sink.end('abc')
  await sink.result
})

t.test('waits for every hold before the commit, after all parts and beforeCommit', async t => {
  const store = await UploadStore.open(t)
  for (const [size, before, commit] of CASES) {
    const said: string[] = []
    const sink = writer(store, { beforeCommit: () => void said.push('beforeCommit') })
    const [first, second] = [hold(sink), hold(sink)]
    void first.reached.then(() => said.push('hold'))
    const done = pipeline(source(DATA.subarray(0, size)), sink)
    await Promise.all([first.reached, second.reached])
    t.same(said, ['beforeCommit', 'hold'])
    first.open()
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    t.same(store.log, before)
    t.equal(sink.writableFinished, false)
    second.open()
    await done
    t.same(store.log, [...before, commit])
    store.s3.clearCalls()
  }
})

t.test('fails with the error of a refusing hook', async t => {
  for (const [size, before] of CASES) {
    const store = await UploadStore.open(t)
    const sink = writer(store)
    const held = hold(sink)
    const failed = failureOf(pipeline(source(DATA.subarray(0, size)), sink))
    await held.reached
    const boom = new Error('boom')
    held.refuse(boom)
    t.equal(await failed, boom)
    t.equal(await failureOf(sink.result), boom)
    t.same(store.log, before.length > 0 ? [...before, 'abort', 'list'] : [])
    t.equal(await store.get('k'), undefined)
    t.equal(await store.busySockets(), 0)
  }
})

t.test('stops waiting when destroyed while held, and leaves nothing behind', async t => {
  for (const [size, before] of CASES) {
    const store = await UploadStore.open(t)
    const sink = writer(store)
    const held = hold(sink)
    sink.end(DATA.subarray(0, size))
    await held.reached
    sink.destroy()
    await once(sink, 'close')
    t.match(await failureOf(sink.result), { code: 'AVIO_ERR_UPLOAD_FAILED' })
    held.open()
    for (let turn = 0; turn < 20; turn++) await setImmediate()
    t.same(store.log, before.length > 0 ? [...before, 'abort', 'list'] : [])
    t.equal(await store.get('k'), undefined)
  }
})

t.test('never starts waiting if it fails before its commit', async t => {
  const store = await UploadStore.open(t)
  const sink = writer(store, { beforeCommit: () => false })
  commitOf(sink)!.hold(() => Promise.reject(new Error('it waited')))
  t.match(await failureOf(pipeline(source(DATA.subarray(0, 3)), sink)), { code: 'AVIO_ERR_COMMIT_REFUSED' })
  await failureOf(sink.result)
})

t.test('stores all of a group, or nothing if one fails before the commit', async t => {
  const store = await UploadStore.open(t)
  const sizes = [3, PART + 3]
  const sinks = sizes.map(size => writer(store, { key: `k${size}` }))
  const group = new CommitGroup({ members: sinks.map(sink => commitOf(sink)!) })
  await Promise.all(sinks.map((sink, n) => pipeline(source(DATA.subarray(0, sizes[n])), headed(99), sink)))
  t.match([...(await group.settled()).values()], [{ key: 'k3' }, { key: `k${PART + 3}` }])
  for (const size of sizes) {
    t.equal(Buffer.compare((await store.get(`k${size}`))!, fileOf(DATA.subarray(0, size), 99)), 0)
  }

  const others = sizes.map((size, n) => writer(store, { key: `l${size}`, beforeCommit: () => n === 0 }))
  const other = new CommitGroup({ members: others.map(sink => commitOf(sink)!) })
  await Promise.allSettled(others.map((sink, n) => pipeline(source(DATA.subarray(0, sizes[n])), sink)))
  t.match(await failureOf(other.settled()), { code: 'AVIO_ERR_COMMIT_REFUSED' })
  for (const size of sizes) t.equal(await store.get(`l${size}`), undefined)
})

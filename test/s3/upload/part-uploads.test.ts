import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { PartUploads } from '../../../lib/s3/upload/part-uploads.js'
import { UploadStore, partOf } from '../../support/upload-store.js'

/** Uploads to a store that accepts small parts, and a log of their events. */
async function open(t: Test) {
  const store = await UploadStore.open(t, { server: { minPartSize: 1 } })
  const heard: string[] = []
  const uploads = new PartUploads(store.requests(), {
    onUpload: () => heard.push('upload'),
    onResume: () => undefined,
    onPart: ({ partNumber }) => heard.push(`part ${partNumber}`),
    onFailure: error => heard.push((error as { code: string }).code),
  })
  return { store, heard, uploads }
}

t.test('creates the upload once, with the first part, and numbers parts in order of their start', async t => {
  const { store, heard, uploads } = await open(t)
  t.equal(uploads.started, 0)
  for (const bytes of ['one, ', 'two, ', 'three']) uploads.start(partOf(bytes))
  t.equal(uploads.started, 3)
  t.equal(uploads.active, 3)
  await uploads.settled()
  t.equal(uploads.active, 0)
  t.equal(store.log.filter(call => call === 'create').length, 1)
  t.equal(heard[0], 'upload')
  t.same(heard.slice(1).sort(), ['part 1', 'part 2', 'part 3'])
  t.same(
    uploads.stored.map(part => part.partNumber),
    [1, 2, 3],
  )
  await uploads.commit()
  t.equal(String(await store.get('k')), 'one, two, three')
})

t.test('sends parts concurrently, and next() resolves with the first to finish', async t => {
  const { store, uploads } = await open(t)
  const held = store.s3.fault({ operation: 'UploadPart', partNumber: 1, hold: true })
  uploads.start(partOf('one'))
  uploads.start(partOf('two'))
  await uploads.next()
  t.same(
    uploads.stored.map(part => part.partNumber),
    [2],
  )
  t.equal(uploads.active, 1)
  held.release()
  await uploads.settled()
  await uploads.discard()
})

t.test('reports a failure once, with its byte offset', async t => {
  const store = await UploadStore.open(t, { server: { minPartSize: 1 } })
  const failures: unknown[] = []
  const uploads = new PartUploads(store.requests(), {
    onUpload: () => undefined,
    onResume: () => undefined,
    onPart: () => undefined,
    onFailure: error => failures.push(error),
  })
  store.s3.fault({ operation: 'UploadPart', times: Infinity, status: 403 })
  uploads.start(partOf('12345'))
  await uploads.settled()
  uploads.start(partOf('678'))
  uploads.start(partOf('9'))
  await uploads.settled()
  t.match(failures, [{ code: 'AVIO_ERR_ACCESS_DENIED', partNumber: 1, byteOffset: 0 }])
  await uploads.discard()
})

t.test('fails all parts if the upload cannot be created, and reports it once', async t => {
  const { store, heard, uploads } = await open(t)
  store.s3.fault({ operation: 'CreateMultipartUpload', status: 403 })
  uploads.start(partOf('one'))
  uploads.start(partOf('two'))
  await uploads.settled()
  t.same(heard, ['AVIO_ERR_ACCESS_DENIED'])
  await uploads.discard()
  t.same(store.log, ['create'])
})

t.test('cancels parts in flight on discard, waits for them, and leaves nothing behind', async t => {
  const { store, heard, uploads } = await open(t)
  const { reached } = store.s3.fault({ operation: 'UploadPart', partNumber: 2, stall: true })
  uploads.start(partOf('one'))
  await uploads.settled()
  uploads.start(partOf('two'))
  await reached
  await uploads.discard()
  t.same(store.log, ['create', 'part 1', 'part 2', 'abort', 'list'])
  t.equal(uploads.active, 0)
  t.same(heard, ['upload', 'part 1'], 'a cancelled part is not a failure')
  t.equal(await store.busySockets(), 0)
})

t.test('aborts nothing before every part has settled, so that no late one stays', async t => {
  const store = await UploadStore.open(t, { server: { minPartSize: 1 } })
  const requests = store.requests()
  let settle: ((error: Error) => void) | undefined
  requests.uploadPart = () => new Promise((_resolve, reject) => (settle = reject))
  const nobody = {
    onUpload: () => undefined,
    onResume: () => undefined,
    onPart: () => undefined,
    onFailure: () => undefined,
  }
  const uploads = new PartUploads(requests, nobody)
  uploads.start(partOf('one'))
  while (settle === undefined) await setImmediate()
  const discarded = uploads.discard()
  for (let turn = 0; turn < 20; turn++) await setImmediate()
  t.same(store.log, ['create'], 'no abort yet')
  settle(new Error('cancelled at last'))
  await discarded
  t.same(store.log, ['create', 'abort', 'list'])
})

t.test('waits on discard for the id of an upload being created', async t => {
  const { store, heard, uploads } = await open(t)
  const held = store.s3.fault({ operation: 'CreateMultipartUpload', hold: true })
  uploads.start(partOf('one'))
  await held.reached
  const discarded = uploads.discard()
  held.release()
  await discarded
  t.same(store.log, ['create', 'abort', 'list'])
  t.same(heard, [])
})

t.test('sends no request when there is nothing to discard', async t => {
  const { store, uploads } = await open(t)
  await uploads.discard()
  t.same(store.log, [])
})

t.test('fails the upload with the error of a listener', async t => {
  const store = await UploadStore.open(t, { server: { minPartSize: 1 } })
  const boom = new Error('boom')
  const failures: unknown[] = []
  const uploads = new PartUploads(store.requests(), {
    onUpload: () => undefined,
    onResume: () => undefined,
    onPart: () => {
      throw boom
    },
    onFailure: error => failures.push(error),
  })
  uploads.start(partOf('one'))
  await uploads.settled()
  t.equal(failures[0], boom)
  await uploads.discard()
})

t.test('emits no warning of too many listeners for many parts waiting for a retry', async t => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => {
    if (warning.name === 'MaxListenersExceededWarning') warnings.push(warning)
  }
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const { store, uploads } = await open(t)
  for (let partNumber = 1; partNumber <= 30; partNumber++) {
    store.s3.fault({ operation: 'UploadPart', partNumber, status: 500 })
    uploads.start(partOf('x'))
  }
  await uploads.settled()
  t.equal(uploads.stored.length, 30)
  await uploads.discard()
  t.same(warnings, [])
  t.same(getEventListeners(process, 'warning').includes(onWarning), true)
})

t.test('can reserve number 1 for the part sent last', async t => {
  const { store, heard, uploads } = await open(t)
  uploads.leaveFirst(3)
  t.equal(uploads.started, 1)
  t.equal(uploads.active, 0)
  uploads.start(partOf('two, '))
  uploads.start(partOf('three'))
  await uploads.settled()
  uploads.startFirst(partOf('one, '))
  await uploads.settled()
  t.equal(uploads.started, 3)
  t.equal(heard.at(-1), 'part 1')
  await uploads.commit()
  t.equal(String(await store.get('k')), 'one, two, three')
})

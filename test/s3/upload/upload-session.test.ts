import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import type { SavedUpload } from '../../../lib/s3/upload/checkpoint.js'
import type { UploadTarget } from '../../../lib/s3/upload/upload-commands.js'
import { UploadSession } from '../../../lib/s3/upload/upload-session.js'
import { Saved, failAfter } from '../../support/checkpoints.js'
import { fixed, listen } from '../../support/diagnostics.js'
import { PART, UploadStore, partOf } from '../../support/upload-store.js'
import { DATA, source, writer } from '../../support/uploads.js'

const { signal } = new AbortController()
const sizes = { partSize: 4, partGrowth: false, concurrency: 1 }

const open = (t: Test) => UploadStore.open(t, { server: { minPartSize: 1 }, leaves: true })

/** A session, the events that it has told, and where its state is. */
function session(store: UploadStore, saved?: SavedUpload, overrides: Partial<UploadTarget> = {}) {
  const events: unknown[] = []
  const listener = {
    onUpload: ({ uploadId }: { uploadId: string }) => events.push({ uploadId }),
    onResume: (upload: unknown) => events.push(upload),
  }
  const state = new Saved()
  const resumption = { checkpoint: { saved, save: state.save }, sizes, headerReserve: undefined }
  return { upload: new UploadSession(store.requests(overrides), listener, resumption), state, events }
}

t.test('creates one upload, and leaves it only with a checkpoint', async t => {
  const store = await open(t)
  const none = { onUpload: () => undefined, onResume: () => undefined }
  const plain = new UploadSession(store.requests(), none)
  t.equal(await plain.isResumed(signal), false)
  await Promise.all([1, 2].map(n => plain.uploadPart(partOf('abcd'), n, 0, signal)))
  await plain.discard()
  t.same(store.log.toSorted(), ['abort', 'create', 'list', 'part 1', 'part 2'])
  store.s3.clearCalls()
  const { upload, state, events } = session(store)
  await upload.uploadPart(partOf('abcd'), 1, 0, signal)
  await upload.discard()
  t.same(store.log, ['create', 'part 1'])
  t.same(events, [{ uploadId: state.last.uploadId }])
  t.match(state.last, { ...sizes, version: 1, bucket: 'uploads', key: 'k', wholeChecksum: 'kept' })
  t.ok(Math.abs(Date.parse(state.last.created!) - Date.now()) < 60_000)
})

t.test('sends what is missing, and completes with what is there', async t => {
  const store = await open(t)
  const first = session(store)
  const one = await first.upload.uploadPart(partOf('abcd'), 1, 0, signal)
  store.s3.clearCalls()
  const { upload, state, events } = session(store, first.state.last)
  t.equal(await upload.isResumed(signal), true)
  t.same(await upload.uploadPart(partOf('abcd'), 1, 0, signal), one)
  const two = await upload.uploadPart(partOf('e'), 2, 4, signal)
  await upload.check([one, two])
  await upload.saveCommit([one, two], signal)
  const { etag } = await upload.commit([one, two])
  t.same(store.log, ['list', 'part 2', 'complete'])
  t.same(events, [{ uploadId: first.state.last.uploadId, parts: 1, bytes: 4 }])
  t.match(state.last, { created: first.state.last.created, commit: { bytes: 5, etag } })
  t.equal(String(await store.get('k')), 'abcde')
})

t.test('rejects a part of another size, other bytes, and one too few', async t => {
  const store = await open(t)
  const first = session(store)
  for (const n of [1, 2]) await first.upload.uploadPart(partOf('abcd'), n, 0, signal)
  const { upload } = session(store, first.state.last)
  const fields = { code: 'AVIO_ERR_CHECKPOINT_MISMATCH', uploadId: first.state.last.uploadId }
  const short = upload.uploadPart(partOf('abc'), 2, 4, signal)
  await t.rejects(short, { ...fields, partNumber: 2, byteOffset: 4 })
  await t.rejects(upload.uploadPart(partOf('abce'), 2, 4, signal), { ...fields, message: /bytes 4 to 7/ })
  const one = await upload.uploadPart(partOf('abcd'), 1, 0, signal)
  await t.rejects(upload.check([one]), { ...fields, partNumber: 2 })
  await upload.discard()
  t.equal(store.s3.uploads('uploads').length, 1)
})

t.test('learns from the list alone whether the server sums the whole', async t => {
  const store = await open(t)
  const first = session(store)
  const one = await first.upload.uploadPart(partOf('abcd'), 1, 0, signal)
  const { upload } = session(store, { uploadId: first.state.last.uploadId })
  await upload.uploadPart(partOf('abcd'), 1, 0, signal)
  t.match(await upload.commit([one]), { confirmed: true })
})

t.test('takes an older object with the same bytes for another one', async t => {
  const store = await open(t)
  const first = session(store)
  const one = await first.upload.uploadPart(partOf('abcd'), 1, 0, signal)
  await first.upload.saveCommit([one], signal)
  await first.upload.commit([one])
  const later = { ...first.state.last, created: new Date(Date.now() + 60_000).toISOString() }
  t.equal(await session(store, first.state.last).upload.isResumed(signal), true)
  t.equal(await session(store, later).upload.isResumed(signal), false)
  const unprovable = { ...first.state.last, commit: { bytes: 4 } }
  t.equal(await session(store, unprovable).upload.isResumed(signal), false)
})

t.test('reports each stored part once, and those of an earlier process as resumed', async t => {
  const store = await UploadStore.open(t)
  const heard = listen(t)
  const saved = new Saved()
  const bytes = DATA.subarray(0, 2 * PART + 1)
  await failAfter(writer(store, { checkpoint: { save: saved.save } }), bytes.subarray(0, PART + 1), 1)
  await pipeline(source(bytes), writer(store, { checkpoint: { ...saved.last, save: saved.save } }))
  const part = { bucket: store.bucket, key: 'k' }
  t.same(fixed(heard.part), [
    { ...part, partNumber: 1, byteOffset: 0, bytes: PART, isResumed: false },
    { ...part, partNumber: 1, byteOffset: 0, bytes: PART, isResumed: true },
    { ...part, partNumber: 2, byteOffset: PART, bytes: PART, isResumed: false },
    { ...part, partNumber: 3, byteOffset: 2 * PART, bytes: 1, isResumed: false },
  ])
  t.same(new Set(heard.part.map(({ uploadId }) => uploadId)), new Set([saved.last.uploadId]))
})

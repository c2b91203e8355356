import { Writable } from 'node:stream'
import t from 'tap'
import { ObjectWriter, storeFailed } from '../../../lib/hls/storage/object-writer.js'

const FAILED = { name: 'HlsError', code: 'AVIO_ERR_HLS_STORE_FAILED', object: 'a' }

t.test('waits in a write until the storage has room', async t => {
  const waiting: (() => void)[] = []
  const sink = new Writable({
    highWaterMark: 2,
    write: (_chunk, _encoding, callback) => void waiting.push(callback),
  })
  const writer = new ObjectWriter('a', sink)
  let isWritten = false
  const written = writer.write([Buffer.from('ab'), Buffer.from('c')]).then(() => (isWritten = true))
  await new Promise(setImmediate)
  t.equal(isWritten, false)
  t.equal(sink.writableLength, 2, 'the second chunk was not written yet')
  waiting.shift()!()
  await written
  waiting.shift()!()
  await writer.end()
  t.ok(sink.writableFinished)
})

t.test('reports the error of a storage that fails, in any step', async t => {
  const cause = new Error('no room')
  const failing = (step: 'write' | 'final'): Writable =>
    new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, callback) => setImmediate(callback, step === 'write' ? cause : null),
      final: callback => setImmediate(callback, cause),
    })
  const writer = new ObjectWriter('a', failing('write'))
  await t.rejects(writer.write([Buffer.from('x')]), { ...FAILED, cause })
  await t.rejects(writer.write([Buffer.from('x')]), FAILED, 'and again')
  await t.rejects(writer.end(), FAILED)

  const atEnd = new ObjectWriter('a', failing('final'))
  await atEnd.write([Buffer.from('x')])
  await t.rejects(atEnd.end(), { ...FAILED, cause })
  await atEnd.over()
})

t.test('treats a stream closed early without an error as not stored', async t => {
  const sink = new Writable({ write: () => undefined })
  const writer = new ObjectWriter('a', sink)
  sink.destroy()
  await t.rejects(writer.end(), { ...FAILED, cause: { code: 'ERR_STREAM_PREMATURE_CLOSE' } })
})

t.test('fails an aborted object with the reason, not as a failure of the storage', async t => {
  let isCleanedUp = false
  const sink = new Writable({
    highWaterMark: 1,
    write: () => undefined,
    destroy: (error, callback) =>
      setImmediate(() => {
        isCleanedUp = true
        callback(error)
      }),
  })
  const writer = new ObjectWriter('a', sink)
  const reason = new Error('no more')
  const rejected = t.rejects(writer.write([Buffer.from('x')]), reason)
  writer.abort(reason)
  await writer.over()
  t.ok(isCleanedUp, 'and it ends once the storage has cleaned up')
  await rejected
})

t.test('adds no listeners while it waits', async t => {
  const sink = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, callback) => setImmediate(callback),
  })
  const writer = new ObjectWriter('a', sink)
  const before = sink.listenerCount('close')
  await writer.write(Array.from({ length: 50 }, () => Buffer.from('x')))
  t.equal(sink.listenerCount('close'), before)
  t.equal(sink.listenerCount('drain'), 0)
})

t.test('names the failed action in the message', async t => {
  t.equal(storeFailed('a', new Error('no'), 'removed').message, '"a" could not be removed: no')
  t.equal(storeFailed('a', 'no').message, '"a" could not be stored: no')
})

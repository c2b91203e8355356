import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import t from 'tap'
import { CommitSink } from '../../../lib/s3/commit/commit-sink.js'

t.test('commits all bytes at the end, and finishes after that', async t => {
  const committed: string[] = []
  const sink = new CommitSink(bytes => Promise.resolve(void committed.push(String(bytes))))
  sink.write('a')
  sink.end('b')
  await finished(sink)
  t.same(committed, ['ab'])
})

t.test('fails with the error of the commit', async t => {
  const sink = new CommitSink(() => Promise.reject(new Error('refused')))
  sink.end()
  await t.rejects(finished(sink), { message: 'refused' })
})

t.test('commits nothing if it is destroyed before, and waits for the outcome after that', async t => {
  const early = new CommitSink(() => Promise.reject(new Error('never called')))
  early.write('a')
  early.destroy()
  await once(early, 'close')

  let release!: () => void
  const asked = new Promise<void>(resolve => (release = resolve))
  let isOver = false
  const late = new CommitSink(() => asked.then(() => void (isOver = true)))
  late.end('a')
  await new Promise(setImmediate)
  late.destroy()
  let isClosed = false
  const closed = once(late, 'close').then(() => (isClosed = true))
  await new Promise(setImmediate)
  t.equal(isClosed, false)
  release()
  await closed
  t.equal(isOver, true)
})

import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import t from 'tap'
import { WholeBodyWritable } from '../../../lib/hls/storage/whole-body-writable.js'
import { failureOf } from '../../support/uploads.js'

/** A sink, what it stored, and a door that its storing waits at. */
function sink(fails?: Error) {
  const stored: string[] = []
  let open!: () => void
  let begun!: () => void
  const door = new Promise<void>(resolve => (open = resolve))
  const isStoring = new Promise<void>(resolve => (begun = resolve))
  let signal: AbortSignal | undefined
  const stream: Writable = new WholeBodyWritable({
    maxBodySize: 10,
    store: async (body, given) => {
      signal = given
      begun()
      await door
      if (fails) throw fails
      stored.push(String(body.bytes))
    },
    tooLarge: () => new Error('too large'),
  })
  return { stream, stored, open, isStoring, isUnwanted: () => signal?.aborted }
}

t.test('the whole body is stored at the end, and only then the stream has finished', async t => {
  const { stream, stored, open, isStoring } = sink()
  stream.write('abc')
  stream.end('def')
  await isStoring
  t.equal(stream.writableFinished, false)
  open()
  await finished(stream)
  t.same(stored, ['abcdef'])
})

t.test('what can not be stored is the stream’s error', async t => {
  const { stream, open } = sink(new Error('no'))
  stream.end('abc')
  open()
  await t.rejects(finished(stream), { message: 'no' })
})

t.test('more than the limit fails the stream at once, and nothing is stored', async t => {
  const { stream, stored, open } = sink()
  open()
  const failure = failureOf(finished(stream))
  stream.write('0123456789')
  stream.end('x')
  t.match(await failure, { message: 'too large' })
  t.same(stored, [])
})

t.test('destroyed before its end it stores nothing', async t => {
  const { stream, stored, open } = sink()
  open()
  stream.write('abc')
  stream.destroy()
  await once(stream, 'close')
  t.same(stored, [])
})

t.test('destroyed while it stores it says so, and closes when that has come to its end', async t => {
  for (const fails of [undefined, new Error('late')]) {
    const { stream, open, isStoring, isUnwanted } = sink(fails)
    stream.end('abc')
    await isStoring
    t.equal(isUnwanted(), false)
    const closed = once(stream, 'close')
    stream.destroy()
    t.equal(isUnwanted(), true)
    t.equal(stream.closed, false)
    open()
    await closed
    t.equal(stream.errored, null)
  }
})

t.test('a source that closes early under a plain pipe fails it', async t => {
  const { stream, stored, open } = sink()
  open()
  const source = new PassThrough()
  source.pipe(stream)
  source.write('abc')
  source.destroy()
  await t.rejects(finished(stream), { code: 'AVIO_ERR_UPSTREAM_CLOSED' })
  t.same(stored, [])
})

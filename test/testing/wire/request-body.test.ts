import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { ClientGone, RequestBody } from '../../../lib/testing/wire/request-body.js'

function bodyOf(chunks: string[] = []) {
  const stream = new PassThrough()
  const log: string[] = []
  let hold: Promise<void> | undefined
  const body = new RequestBody(stream as unknown as IncomingMessage, {
    begin: () => void log.push('begin'),
    received: bytes => {
      log.push(`received ${bytes}`)
      return hold
    },
  })
  for (const chunk of chunks) stream.write(chunk)
  return { stream, body, log, holdBack: (until: Promise<void>) => (hold = until) }
}

t.test('takes chunks one at a time, in order', async t => {
  const { stream, body, log } = bodyOf(['a', 'bb', 'ccc'])
  stream.end()
  let busy = false
  await body.consume(async chunk => {
    if (busy) t.fail('two at a time')
    busy = true
    await new Promise(setImmediate)
    busy = false
    log.push(chunk.toString())
  })
  t.same(log, ['begin', 'received 1', 'a', 'received 2', 'bb', 'received 3', 'ccc'])
})

t.test('lets a watcher hold the next chunk back', async t => {
  const { stream, body, log, holdBack } = bodyOf(['a'])
  let release!: () => void
  holdBack(new Promise(resolve => (release = resolve)))
  const consumed = body.consume(() => undefined)
  await new Promise(setImmediate)
  stream.end('b')
  await new Promise(setImmediate)
  t.same(log, ['begin', 'received 1'])
  release()
  await consumed
  t.same(log, ['begin', 'received 1', 'received 1'])
})

t.test('stops at an error thrown by take, and can discard the rest', async t => {
  for (const fail of [
    () => {
      throw new Error('no')
    },
    () => Promise.reject(new Error('no')),
  ]) {
    const { stream, body, log } = bodyOf(['a', 'b'])
    await t.rejects(body.consume(fail), { message: 'no' })
    stream.end('c')
    await body.discard()
    t.equal(log.filter(line => line === 'begin').length, 1)
    t.equal(log.length, 4, 'every chunk was received')
    t.equal(stream.listenerCount('data'), 0)
  }
})

t.test('reports a client that closes the connection', async t => {
  for (const error of [undefined, new Error('reset')]) {
    const { stream, body } = bodyOf(['a'])
    const consumed = body.consume(() => undefined)
    stream.destroy(error)
    await t.rejects(consumed, ClientGone)
    await t.rejects(
      body.consume(() => undefined),
      ClientGone,
      'later as well',
    )
  }
})

t.test('discards nothing of a body read to its end', async t => {
  const { stream, body, log } = bodyOf()
  t.equal(body.begun, false)
  stream.end()
  await body.discard()
  t.equal(body.begun, true)
  if (!stream.closed) await once(stream, 'close')
  await body.discard()
  t.same(log, ['begin'])
})

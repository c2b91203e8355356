import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { RangeBuffer } from '../../../lib/io/fetch/range-buffer.js'
import { copyBody, discard, OverlongBody, stalled } from '../../../lib/io/fetch/range-body.js'

const range = (length: number) => new RangeBuffer({ start: 0, end: length })
const ignore = () => undefined

t.test('copies a body cut anywhere, and reports each chunk', async t => {
  for (let cut = 1; cut < 7; cut++) {
    const into = range(7)
    const heard: number[] = []
    const body = Readable.from([
      Buffer.from('abcdefg').subarray(0, cut),
      Buffer.from('abcdefg').subarray(cut),
    ])
    await copyBody(body, into, bytes => heard.push(bytes), 7)
    t.equal(into.take()?.toString(), 'abcdefg', `cut at ${cut}`)
    t.same(heard, [cut, 7 - cut])
  }
})

t.test('accepts a body with only the first bytes of the range', async t => {
  const into = range(7)
  await copyBody(Readable.from([Buffer.from('abc')]), into, ignore, 3)
  t.equal(into.received, 3)
  t.notOk(into.complete)
})

t.test('keeps the received bytes of a body that ends early', async t => {
  const into = range(10)
  await t.rejects(copyBody(Readable.from([Buffer.from('abc')]), into, ignore, 9), {
    name: 'IncompleteBody',
    message: 'The body ended 6 bytes early',
  })
  t.equal(into.received, 3)
})

t.test('destroys an overlong body, and keeps only the expected bytes', async t => {
  const body = new PassThrough()
  body.write('abcdef')
  const into = range(9)
  await t.rejects(copyBody(body, into, ignore, 5), new OverlongBody())
  t.ok(body.destroyed)
  t.equal(into.received, 5)
})

t.test('fails with the body’s error, or if the body closes early', async t => {
  const reset = new Error('read ECONNRESET')
  const broken = new PassThrough()
  const failing = copyBody(broken, range(5), ignore, 5)
  broken.destroy(reset)
  await t.rejects(failing, reset)
  const closed = new PassThrough()
  const closing = copyBody(closed, range(5), ignore, 5)
  closed.destroy()
  await t.rejects(closing, { code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

t.test('closes a discarded body, and ignores its error', async t => {
  const body = new PassThrough()
  discard(body)
  await once(body, 'close')
  const failing = new Readable({
    read: ignore,
    destroy: (_error, callback) => callback(new Error('too late')),
  })
  discard(failing)
  await new Promise<void>(resolve => failing.once('close', resolve))
  t.ok(failing.destroyed)
})

t.test('reports the duration of a stall, or its reason', t => {
  t.match(stalled(20), { name: 'TimeoutError', message: /^Request timed out: no data received for 20 ms$/ })
  t.match(stalled(20, 'only drops'), { name: 'TimeoutError', message: /timed out: only drops$/ })
  t.end()
})

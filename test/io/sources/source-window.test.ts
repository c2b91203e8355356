import t from 'tap'
import { SourceWindow } from '../../../lib/io/sources/source-window.js'
import { LoggedAccess } from '../../support/random-accesses.js'

const BYTES = Buffer.from(Array.from({ length: 1000 }, (_, n) => n % 251))

t.test('does not read bytes again that were read ahead', async t => {
  const source = new LoggedAccess(BYTES)
  const window = new SourceWindow(source, 1000)
  t.same(await window.bytes(100, 10, 50), BYTES.subarray(100, 110))
  t.same(await window.bytes(130, 20), BYTES.subarray(130, 150))
  t.same(source.reads, [[100, 150]])
  t.same(await window.bytes(140, 30), BYTES.subarray(140, 170), 'half of it was read ahead')
  t.same(source.reads.slice(1), [[150, 170]], 'only the other half is read')
})

t.test('reads anew after a seek, forward or back', async t => {
  const source = new LoggedAccess(BYTES)
  const window = new SourceWindow(source, 1000)
  await window.bytes(100, 10)
  t.same(await window.bytes(500, 10), BYTES.subarray(500, 510))
  t.same(await window.bytes(90, 15), BYTES.subarray(90, 105))
  t.same(source.reads.slice(1), [
    [500, 510],
    [90, 105],
  ])
})

t.test('returns fewer bytes or none at the end of the source', async t => {
  const source = new LoggedAccess(BYTES)
  const window = new SourceWindow(source, 1000)
  t.same(await window.bytes(990, 32, 64), BYTES.subarray(990))
  t.same(await window.bytes(1000, 8), Buffer.alloc(0))
  t.same(source.reads, [[990, 1000]])
})

t.test('does not change returned bytes when the window, or another one, moves on', async t => {
  const window = new SourceWindow(new LoggedAccess(BYTES), 1000)
  const first = await window.bytes(0, 10, 100)
  const other = window.another()
  await Promise.all([window.bytes(300, 10), other.bytes(600, 10)])
  t.same(first, BYTES.subarray(0, 10))
  t.same(await window.bytes(300, 5), BYTES.subarray(300, 305))
})

t.test('ends on abort', async t => {
  const window = new SourceWindow(new LoggedAccess(BYTES), 1000, AbortSignal.abort())
  await t.rejects(window.bytes(0, 10), { name: 'AbortError' })
})

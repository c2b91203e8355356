import t from 'tap'
import { readExactly } from '../../lib/io/read-exactly.js'
import { LoggedAccess } from '../support/random-accesses.js'

t.test('returns the bytes in one buffer, from any number of chunks', async t => {
  const bytes = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, n) => n % 251))
  const source = new LoggedAccess(bytes)
  t.same(await readExactly(source, 10, 20), bytes.subarray(10, 20))
  t.same(await readExactly(source, 5, 199_999), bytes.subarray(5, 199_999))
  t.same(await readExactly(source, 7, 7), Buffer.alloc(0))
  t.same(source.reads, [
    [10, 20],
    [5, 199_999],
    [7, 7],
  ])
})

t.test('passes on the source’s error, and can be aborted', async t => {
  const error = new Error('broken')
  await t.rejects(readExactly(new LoggedAccess(Buffer.alloc(10), { failAt: 5, error }), 0, 10), error)
  await t.rejects(readExactly(new LoggedAccess(Buffer.alloc(10)), 0, 10, AbortSignal.abort()), {
    name: 'AbortError',
  })
})

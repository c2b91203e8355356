import t from 'tap'
import { inParts } from '../../../lib/io/fetch/in-parts.js'
import type { FetchRange } from '../../../lib/io/fetch/ordered-ranges.js'

const bytes = Buffer.from('abcdefghijklmnop')

t.test('reads a range in parts, in order', async t => {
  for (const partSize of [1, 3, 5, 100]) {
    const asked: number[] = []
    const fetch: FetchRange = into => {
      asked.push(into.end - into.start)
      into.write(bytes.subarray(into.start, into.end))
      return Promise.resolve()
    }
    const chunks: Buffer[] = []
    for await (const chunk of inParts({ start: 2, end: 13 }, partSize, fetch)) chunks.push(chunk)
    t.equal(Buffer.concat(chunks).toString(), 'cdefghijklm', `parts of ${partSize}`)
    t.equal(Math.max(...asked), Math.min(partSize, 11))
  }
})

t.test('fetches at most two parts at a time, and holds no more than these', async t => {
  let [askedFor, underWay, most] = [0, 0, 0]
  const fetch: FetchRange = async into => {
    askedFor = into.end
    most = Math.max(most, ++underWay)
    await new Promise(setImmediate)
    into.write(bytes.subarray(into.start, into.end))
    underWay--
  }
  let taken = 0
  for await (const chunk of inParts({ start: 0, end: 16 }, 2, fetch)) {
    t.ok(askedFor - taken <= 4)
    taken += chunk.length
  }
  t.same([taken, most], [16, 2])
})

t.test('requests no more than two parts ahead of a consumer that has become slow', async t => {
  let askedFor = 0
  const fetch: FetchRange = async into => {
    askedFor = into.end
    await new Promise(setImmediate)
    into.write(Buffer.alloc(into.end - into.start))
  }
  let taken = 0
  for await (const chunk of inParts({ start: 0, end: 200 }, 2, fetch)) {
    // At first it is the consumer that waits, and the window grows as far as it may.
    for (let turn = 0; turn < 5 && taken > 100; turn++) await new Promise(setImmediate)
    t.ok(askedFor - taken <= 4, `${askedFor} requested, ${taken} taken`)
    taken += chunk.length
  }
  t.equal(taken, 200)
})

t.test('ends on abort', async t => {
  const fetch: FetchRange = (_into, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error))
    })
  const abort = new AbortController()
  const reading = inParts({ start: 0, end: 16 }, 4, fetch, abort.signal).next()
  abort.abort()
  await t.rejects(reading, { name: 'AbortError' })
})

t.test('requests nothing for an empty range', async t => {
  const fetch: FetchRange = () => Promise.reject(new Error('A request was sent'))
  t.same(await inParts({ start: 5, end: 5 }, 4, fetch).next(), { done: true, value: undefined })
})

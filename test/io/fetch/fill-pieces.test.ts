import t from 'tap'
import { fillPieces } from '../../../lib/io/fetch/fill-pieces.js'
import type { FetchRange } from '../../../lib/io/fetch/ordered-ranges.js'
import { MemoryPieces } from '../../../lib/io/memory-pieces.js'
import { counted } from '../../support/counted-work.js'
import { bytesOf } from '../../support/synthetic-source.js'

const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** Fills ranges in place, `step` bytes a turn, and logs them. */
function fetching(step: number, log: string[] = []): FetchRange {
  return (into, signal) => {
    log.push(`${into.start}-${into.end}`)
    return new Promise((resolve, reject) => {
      const go = () => {
        if (signal.aborted) {
          log.push(`cut ${into.start}-${into.end}`)
          reject(new Error('cut'))
          return
        }
        const space = into.space().subarray(0, step)
        bytesOf(into.received, into.received + space.length).copy(space)
        if (space.length > 0) into.filled(space.length)
        if (into.complete) resolve()
        else setImmediate(go)
      }
      setImmediate(go)
    })
  }
}

t.test('fills memory from parts, two at a time, however both are cut', async t => {
  for (const [piece, part] of [
    [1000, 300],
    [7, 300],
    [300, 300],
    [64, 1000],
    [1, 999],
  ] as const) {
    const memory = Buffer.alloc(1000)
    const list: Buffer[] = []
    for (let at = 0; at < 1000; at += piece) list.push(memory.subarray(at, at + piece))
    const log: string[] = []
    let reported = 0
    await fillPieces(50, new MemoryPieces(list), part, fetching(13, log), {
      onProgress: bytes => {
        const [from, to] = [reported, (reported += bytes)]
        if (!memory.subarray(from, to).equals(bytesOf(50 + from, 50 + to))) t.fail(`bytes from ${from}`)
      },
    })
    t.equal(reported, 1000)
    t.ok(memory.equals(bytesOf(50, 1050)))
    t.equal(log.length, Math.ceil(1000 / part))
  }
})

t.test('reports the bytes before a failed part, and settles only when all requests have', async t => {
  const failure = new Error('on purpose')
  const log: string[] = []
  const fill = fetching(10, log)
  let end!: () => void
  const later = new Promise<void>(resolve => (end = resolve))
  const fetch: FetchRange = async (into, signal) => {
    if (into.start < 200) return fill(into, signal)
    if (into.start === 200) throw failure
    await later
  }
  let reported = 0
  let isSettled = false
  const filling = fillPieces(0, new MemoryPieces(new Uint8Array(400)), 100, fetch, {
    onProgress: bytes => (reported += bytes),
  }).finally(() => (isSettled = true))
  filling.catch(() => undefined)
  for (let n = 0; n < 50; n++) await turn()
  end()
  await t.rejects(filling, failure)
  t.equal(reported, 200)
  t.ok(isSettled)
})

t.test('waits for its requests after an abort, and cancels them after an error of onProgress', async t => {
  for (const by of ['signal', 'onProgress']) {
    const controller = new AbortController()
    let settled = 0
    const fetch: FetchRange = async (into, signal) => {
      try {
        await fetching(10)(into, signal)
      } finally {
        await turn()
        settled++
      }
    }
    const mine = new Error('mine')
    const filling = fillPieces(0, new MemoryPieces(new Uint8Array(1000)), 400, fetch, {
      signal: controller.signal,
      onProgress: () => {
        if (by === 'onProgress') throw mine
        controller.abort()
      },
    })
    await t.rejects(filling, by === 'signal' ? { name: 'AbortError' } : mine)
    t.equal(settled, 1, by)
  }
})

t.test('copies nothing, allocates nothing, and makes no promise for a chunk', async t => {
  const SIZE = 2 ** 20
  const memory = new MemoryPieces(new Uint8Array(SIZE))
  const costs: number[] = []
  for (const step of [1024, 65_536]) {
    const fetch: FetchRange = into =>
      new Promise(resolve => {
        const go = () => {
          into.filled(Math.min(step, into.space().length))
          if (into.complete) resolve()
          else setImmediate(go)
        }
        setImmediate(go)
      })
    const { promises, ...rest } = await counted(() => fillPieces(0, memory, SIZE / 2, fetch, {}))
    t.same(rest, { copied: 0, allocated: 0 })
    costs.push(promises)
  }
  t.ok(Math.max(...costs) <= 20, `${costs.join(' and ')} promises for 1024 and 16 chunks`)
})

import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { TimeIsOver, inRounds, within } from './rounds.js'

/**
 * Plays cells, each of which succeeds at its own attempt; returns each play and the largest number played side by side.
 */
async function played(rounds: readonly number[], wellAt: Readonly<Record<string, number>>) {
  const log: string[] = []
  const most: number[] = []
  const count = new Map<string, number>()
  let running = 0
  await inRounds(Object.keys(wellAt), rounds, async (cell, seat, isLast) => {
    const play = (count.get(cell) ?? 0) + 1
    count.set(cell, play)
    most[play - 1] = Math.max(most[play - 1] ?? 0, ++running)
    t.ok(seat < rounds[play - 1]!, 'a seat for each concurrent play')
    await turn()
    running--
    log.push(`${cell}${play}${isLast ? ' last' : ''}`)
    return play >= wellAt[cell]!
  })
  return { log, most }
}

t.test('replays failed cells after all others, fewer at a time', async t => {
  const { log, most } = await played([3, 2, 1], { a: 2, b: 1, c: 9, d: 3, e: 1 })
  t.same(log.slice(0, 5).toSorted(), ['a1', 'b1', 'c1', 'd1', 'e1'])
  t.same(log.slice(5, 8).toSorted(), ['a2', 'c2', 'd2'])
  t.same(log.slice(8), ['c3 last', 'd3 last'])
  t.same(most, [3, 2, 1])
})

t.test('replays nothing after a success', async t => {
  t.same((await played([2, 1], { a: 1, b: 1 })).log, ['a1', 'b1'])
  t.same((await played([2, 1], {})).log, [])
})

t.test("passes on a play's error", async t => {
  await t.rejects(
    inRounds(['a'], [1, 1], () => Promise.reject(new Error('broken'))),
    { message: 'broken' },
  )
})

t.test('waits no longer than the limit', async t => {
  const never = new Promise<never>(() => undefined)
  const error = await within(0.01, never).catch((reason: unknown) => reason)
  t.ok(error instanceof TimeIsOver)
  t.equal(await within(60, Promise.resolve('there')), 'there', 'leaves no timer behind')
  await t.rejects(within(60, Promise.reject(new Error('broken'))), { message: 'broken' })
})

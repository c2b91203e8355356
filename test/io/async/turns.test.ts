import t from 'tap'
import { Turns, type Work, atOnce } from '../../../lib/io/async/turns.js'

function* steps(count: number): Work<string> {
  for (let n = 0; n < count; n++) yield 1000
  return 'done'
}

t.test('runs work to completion and counts visited items', async t => {
  t.equal(atOnce(steps(5)), 'done')
  const turns = new Turns()
  t.equal(await turns.run(steps(5)), 'done')
  t.equal(turns.visited, 5000)
})

t.test('yields to the event loop, for many short pieces as for a long one', async t => {
  for (const [name, run] of [
    ['long', (turns: Turns) => turns.run(steps(100))],
    [
      'short',
      async (turns: Turns) => {
        for (let n = 0; n < 100; n++) await turns.run(steps(1))
      },
    ],
    [
      'counted',
      async (turns: Turns) => {
        for (let n = 0; n < 100; n++) await turns.count(1000)
      },
    ],
  ] as const) {
    let others = 0
    let isOver = false
    const other = () => {
      others++
      if (!isOver) setImmediate(other)
    }
    setImmediate(other)
    await run(new Turns())
    isOver = true
    t.ok(others >= 5, `${name}: ${others}`)
  }
})

t.test('stops between turns on abort', async t => {
  const controller = new AbortController()
  setImmediate(() => controller.abort())
  await t.rejects(new Turns(controller.signal).run(steps(1000)), { name: 'AbortError' })
})

t.test('passes errors on', async t => {
  const failing = function* (): Work<void> {
    yield 1
    throw new TypeError('damaged')
  }
  await t.rejects(new Turns().run(failing()), { message: 'damaged' })
  t.throws(() => atOnce(failing()), { message: 'damaged' })
})

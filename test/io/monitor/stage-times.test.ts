import t from 'tap'
import { ReadWaits } from '../../../lib/io/monitor/read-waits.js'
import { StageTimes } from '../../../lib/io/monitor/stage-times.js'

const end = (isWaiting = false, isEnded = false) => ({
  ...{ bytes: 0, buffered: 0, isWaiting, isEnded },
  release: () => undefined,
})

t.test('knows what a stage does by its ends', async t => {
  const [works, waits, over] = [end(), end(true), end(false, true)]
  const table: [inputs: (typeof works)[], outputs: (typeof works)[], state: string][] = [
    [[works], [works], 'busy'],
    [[waits], [works], 'idle'],
    [[works], [waits], 'backpressured'],
    [[waits], [waits], 'backpressured'],
    [[over], [works], 'busy'],
    [[over], [waits], 'backpressured'],
    [[works], [over], 'busy'],
    [[waits], [over], 'idle'],
    [[over], [over], 'ended'],
    [[], [works], 'busy'],
    [[], [waits], 'backpressured'],
    [[], [over], 'ended'],
    [[works], [], 'busy'],
    [[waits], [], 'idle'],
    [[over], [], 'ended'],
    [[works, waits], [works], 'idle'],
    [[works], [works, waits], 'backpressured'],
    [[over, over], [over, works], 'busy'],
  ]
  for (const [inputs, outputs, state] of table) {
    const times = new StageTimes({ inputs, outputs }, undefined, () => 0)
    t.equal(times.state, state, JSON.stringify({ inputs, outputs }))
  }
})

t.test('is idle while a read of its own waits', async t => {
  const waits = new ReadWaits()
  const times = new StageTimes({ inputs: [], outputs: [end()] }, waits, () => 0)
  t.equal(times.state, 'busy')
  waits.begin()
  times.changed()
  t.equal(times.state, 'idle')
})

t.test('adds up the time in each state, and reads the clock at changes only', async t => {
  let [now, readings] = [0, 0]
  const clock = () => {
    readings++
    return now
  }
  const [input, output] = [end(true), end()]
  const times = new StageTimes({ inputs: [input], outputs: [output] }, undefined, clock)
  now = 10
  input.isWaiting = false
  times.changed()
  now = 30
  times.changed()
  output.isWaiting = true
  times.changed()
  now = 60
  times.count(now)
  now = 100
  input.isEnded = output.isEnded = true
  times.changed()
  t.same(times.spent, { idle: 10, busy: 20, backpressured: 70, ended: 0 })
  t.equal(readings, 4)
})

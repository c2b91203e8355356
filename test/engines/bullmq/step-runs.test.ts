import t from 'tap'
import type { QueueError } from '../../../lib/errors.js'
import { type StepRun, StepRuns } from '../../../lib/engines/bullmq/step-runs.js'

/** Steps under a clock that the test sets. */
function open() {
  const clock = { now: 1000 }
  return { clock, runs: new StepRuns(100, () => clock.now) }
}
const codeOf = ({ signal }: StepRun) => (signal.reason as QueueError | undefined)?.code

t.test('a lock that another worker has stops the step', async t => {
  const { runs } = open()
  const [a, b] = [runs.begin('a', 'job'), runs.begin('b', 'job')]
  runs.lost(['a', 'other'])
  t.equal(codeOf(a), 'AVIO_ERR_QUEUE_LOCK_LOST')
  t.equal(codeOf(b), undefined)
  t.equal(runs.size, 2)
  runs.end(a)
  runs.end(b)
  t.equal(runs.size, 0)
})

t.test('a lock that was not renewed in time stops the step, though nobody says so', async t => {
  const { clock, runs } = open()
  const [a, b] = [runs.begin('a', 'job'), runs.begin('b', 'job')]
  const until = (now: number) => {
    for (; clock.now < now; clock.now += 20) runs.checkClock()
    runs.checkClock()
  }
  until(1060)
  runs.renewed(['a'])
  until(1120)
  t.equal(codeOf(a), undefined)
  t.equal(codeOf(b), 'AVIO_ERR_QUEUE_LOCK_LOST')
  until(1180)
  t.equal(codeOf(a), 'AVIO_ERR_QUEUE_LOCK_LOST')
})

t.test('after the process was stopped, a renewal that seems fresh is not trusted', async t => {
  const { clock, runs } = open()
  const a = runs.begin('a', 'job')
  clock.now += 101
  runs.renewed(['a'])
  t.equal(codeOf(a), 'AVIO_ERR_QUEUE_LOCK_LOST')
})

t.test('a step that is delivered again to the same worker ends its earlier run', async t => {
  const { runs } = open()
  const first = runs.begin('a', 'job')
  const second = runs.begin('a', 'job')
  t.equal(codeOf(first), 'AVIO_ERR_QUEUE_LOCK_LOST')
  t.equal(codeOf(second), undefined)
})

t.test('a cancelled job stops all of its steps, and no others', async t => {
  const { runs } = open()
  const [a, b, c] = [runs.begin('a', 'one'), runs.begin('b', 'one'), runs.begin('c', 'two')]
  t.same(runs.jobs, new Set(['one', 'two']))
  runs.cancel('one')
  t.same([a, b, c].map(codeOf), ['AVIO_ERR_QUEUE_CANCELLED', 'AVIO_ERR_QUEUE_CANCELLED', undefined])
})

t.test('a worker that shuts down first takes nothing new, then stops what runs', async t => {
  const { runs } = open()
  const a = runs.begin('a', 'job')
  runs.refuse()
  t.equal(codeOf(a), undefined)
  t.equal(codeOf(runs.begin('b', 'job')), 'AVIO_ERR_QUEUE_CLOSING')
  runs.stop()
  t.equal(codeOf(a), 'AVIO_ERR_QUEUE_CLOSING')
})

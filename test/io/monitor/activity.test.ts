import { PassThrough } from 'node:stream'
import t from 'tap'
import { ACTIVITY, activityOf } from '../../../lib/io/monitor/activity.js'

t.test('finds what a stage tells of itself, and nothing with streams of others', async t => {
  t.equal(ACTIVITY, Symbol.for('avio-streams.activity/1'), 'two copies of the package share the key')
  const activity = { name: 'ours' }
  t.equal(activityOf(Object.assign(new PassThrough(), { [ACTIVITY]: activity })), activity)
  t.same(activityOf(new PassThrough()), {})
  t.same(activityOf(Object.assign(new PassThrough(), { [ACTIVITY]: 7 })), {})
})

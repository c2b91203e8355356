import t from 'tap'
import { lifecycleRule } from '../../../lib/cli/commands/lifecycle-rule.js'

const HOUR = 3_600_000

t.test('names the rule that does the same, in whole days', async t => {
  for (const [what, hours, rule] of [
    ['uploads', 0, { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }],
    ['uploads', 25, { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } }],
    ['work', 24, { Expiration: { Days: 1 }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }],
    ['work', 168, { Expiration: { Days: 7 }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }],
  ] as const) {
    const sentence = lifecycleRule(what, { bucket: 'b', prefix: 'p/' }, hours * HOUR)
    const [said, json = ''] = sentence.split(': {')
    t.equal(said, 'This rule in the lifecycle of the bucket b does the same')
    t.same(JSON.parse(`{${json}`), {
      ...{ ID: `avio-streams-${what}`, Status: 'Enabled', Filter: { Prefix: 'p/' } },
      ...rule,
    })
  }
})

t.test('names no rule that would remove all objects of a bucket', async t => {
  const whole = { bucket: 'b', prefix: '' }
  t.match(lifecycleRule('work', whole, 24 * HOUR), /^Give the pieces a prefix of their own/)
  t.notMatch(lifecycleRule('work', whole, 24 * HOUR), /Expiration/)
  t.notMatch(lifecycleRule('uploads', whole, 24 * HOUR), /Expiration/)
})

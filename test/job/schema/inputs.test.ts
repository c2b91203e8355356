import t from 'tap'
import { jobInput } from '../../../lib/job/schema/inputs.js'

t.test('takes a URL, and optionally the version to read', async t => {
  t.ok(jobInput.safeParse({ url: 's3://b/k' }).success)
  t.ok(
    jobInput.safeParse({ url: 'a', etag: '"x"', versionId: 'v', format: 'mov', args: ['-ss', '1'] }).success,
  )
  for (const value of [
    {},
    { url: 's3://b/k', etag: '' },
    { url: 's3://b/k', versionId: 1 },
    { url: 's3://b/k', headers: {} },
  ])
    t.notOk(jobInput.safeParse(value).success, JSON.stringify(value))
})

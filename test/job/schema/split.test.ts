import t from 'tap'
import { jobSplit } from '../../../lib/job/schema/split.js'

t.test('requires a location for the pieces of a split', async t => {
  const work = 's3://tmp/work/'
  t.ok(jobSplit.safeParse({ work }).success)
  t.ok(
    jobSplit.safeParse({
      work,
      mode: 'required',
      chunkSeconds: 30,
      frameRate: '30000/1001',
      gop: 60,
      threads: 2,
      encodeSpeed: { chunk: 0.5, whole: 4 },
    }).success,
  )
  t.ok(jobSplit.safeParse({ work, encodeSpeed: { whole: 100_000 } }).success)
  for (const value of [
    {},
    { work: 's3://tmp/work' },
    { work, mode: 'never' },
    { work, chunkSeconds: 0 },
    { work, frameRate: '29.97' },
    { work, frameRate: '25/0' },
    { work, gop: 2 },
    { work, threads: 0 },
    { work, chunks: 3 },
    { work, encodeSpeed: 2 },
    { work, encodeSpeed: { chunk: 0 } },
    { work, encodeSpeed: { whole: 100_001 } },
    { work, encodeSpeed: { speed: 1 } },
  ]) {
    t.notOk(jobSplit.safeParse(value).success, JSON.stringify(value))
  }
})

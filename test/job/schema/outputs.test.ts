import t from 'tap'
import { jobOutput, packageImages } from '../../../lib/job/schema/outputs.js'
import { GOOD_JOBS } from '../../support/jobs.js'

t.test('distinguishes outputs by their type', async t => {
  const seen = new Set<string>()
  for (const output of Object.values(GOOD_JOBS).flatMap(({ outputs }) => outputs)) {
    seen.add(output.type)
    t.ok(jobOutput.safeParse(output).success)
    const others = ['object', 'package', 'thumbnails', 'storyboard', 'probe'].filter(
      type => type !== output.type && !(['thumbnails', 'storyboard'].includes(type) && 'every' in output),
    )
    if (output.type === 'object' || output.type === 'package') {
      for (const type of others)
        t.notOk(jobOutput.safeParse({ ...output, type }).success, `${output.type} as ${type}`)
    }
  }
  t.equal(seen.size, 5)
})

t.test('requires exactly one way to choose the times of images', async t => {
  for (const value of [{ times: [1] }, { every: 1 }, { count: 1 }]) {
    t.ok(packageImages.safeParse(value).success)
    t.ok(jobOutput.safeParse({ type: 'thumbnails', prefix: 'a/', ...value }).success)
    t.ok(jobOutput.safeParse({ type: 'storyboard', prefix: 'a/', ...value }).success)
  }
  for (const value of [
    {},
    { times: [1], every: 1 },
    { every: 1, count: 1 },
    { times: [] },
    { times: [-1] },
  ]) {
    t.notOk(packageImages.safeParse(value).success)
    t.notOk(jobOutput.safeParse({ type: 'thumbnails', prefix: 'a/', ...value }).success)
    t.notOk(jobOutput.safeParse({ type: 'storyboard', prefix: 'a/', ...value }).success)
  }
})

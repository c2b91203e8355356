import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { executeJob } from '../../../lib/cli/commands/execute-job.js'
import { storeEnvironment, storeWithClip } from '../../support/cli.js'
import { jobOf } from '../../support/jobs.js'

/** A context whose output is kept. */
function contextOf(signal = new AbortController().signal) {
  return { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), cwd: '/', signal }
}

const OPTIONS = { isTyped: true }

t.test('prints a job without running it', async t => {
  const context = contextOf()
  const job = jobOf([{ type: 'probe' }])
  t.equal(await executeJob(job, { ...OPTIONS, values: { 'print-job': true } }, context), undefined)
  context.stdout.end()
  t.same(JSON.parse(await text(context.stdout)), job)
})

t.test('passes the signal on, and gives the result with a line for each output', async t => {
  const { s3 } = await storeWithClip(t)
  const environment = storeEnvironment(s3)
  const before = { ...process.env }
  Object.assign(process.env, environment)
  t.teardown(async () => {
    for (const name of Object.keys(environment)) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = before[name]
    }
  })
  const inputs = [{ url: 's3://masters/a.mp4' }]
  const job = jobOf([{ type: 'thumbnails', prefix: 's3://web/', times: [0] }, { type: 'probe' }], { inputs })
  const context = contextOf()
  const result = await executeJob(job, { ...OPTIONS, values: {} }, context)
  t.match(result, { outputs: [{ type: 'thumbnails' }, { type: 'probe' }] })
  context.stderr.end()
  t.match(await text(context.stderr), /s3:\/\/web\/ {2}1 image\n/)

  const over = new AbortController()
  over.abort()
  await t.rejects(executeJob(job, { ...OPTIONS, values: {} }, contextOf(over.signal)), { name: 'AbortError' })
})

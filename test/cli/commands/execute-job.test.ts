import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { executeJob } from '../../../lib/cli/commands/execute-job.js'
import { runHere, storeEnvironment, storeWithClip } from '../../support/cli.js'
import { jobOf } from '../../support/jobs.js'
import { jobBytes } from '../../support/split-job.js'
import { packageOf } from '../../support/split-package.js'
import { AS_MP4, openSplit, splitSource } from '../../support/split.js'

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

t.test('says what could not be removed after the outputs were stored, and how to remove it', async t => {
  const { s3 } = await openSplit(t, await splitSource({ seconds: 5, more: AS_MP4 }))
  const run = (input: Buffer) => runHere(['run', '-'], { s3, input })
  const film = jobBytes({ outputs: [packageOf('p/', { removeReplaced: true })] })
  t.match(await run(film), { code: 0 })
  s3.fault({ operation: 'DeleteObject', status: 403, code: 'AccessDenied', times: Infinity })
  const later = jobBytes({ outputs: [packageOf('p/', { removeReplaced: true, run: 'later' })] })
  const { code, stderr } = await run(later)
  t.equal(code, 0, stderr)
  t.match(
    stderr,
    /^\d+ objects of the package that s3:\/\/web\/p\/ had before could not be removed, such as s3:/m,
  )
  t.match(
    stderr,
    /^The pieces below s3:\/\/work\/pieces\/.* "avio-streams clean --work s3:\/\/work\/pieces\/ /m,
  )
})

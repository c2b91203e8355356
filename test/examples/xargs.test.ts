import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { Job } from '../../lib/job/schema/job.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { commandLine, descendantsOf, endProcess } from '../support/child.js'
import { storeEnvironment } from '../support/cli.js'
import { commandOnPath, frameCount } from '../support/on-path.js'
import { ROOT } from '../support/program.js'
import { splitSource } from '../support/split.js'

function jobWith(mode: 'required' | 'prefer', chunkSeconds: number): Job {
  return {
    version: 1,
    inputs: [{ url: 's3://masters/film.mp4' }],
    outputs: [
      {
        ...{ type: 'object', url: 's3://web/film.mp4', format: 'mp4', layout: 'file' },
        args: ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30', '-c:a', 'aac'],
      },
    ],
    split: { work: 's3://scratch/pieces/', mode, chunkSeconds, gop: 24 },
  }
}

async function openShell(t: Test, job: Job) {
  const s3 = await LocalS3.start({ buckets: ['masters', 'web', 'scratch'] })
  t.teardown(() => s3.close())
  const folder = t.testdir({ bin: {}, 'job.json': JSON.stringify(job) })
  commandOnPath(join(folder, 'bin'))
  const env = {
    ...process.env,
    ...storeEnvironment(s3),
    ...{ PATH: `${join(folder, 'bin')}:${process.env['PATH']!}`, WORKERS: '2' },
  }
  const run = () =>
    promisify(execFile)(join(ROOT, 'examples', 'xargs.sh'), ['job.json'], { cwd: folder, env })
  return { s3, run }
}

/** The pieces that were stored. */
function encoded(s3: LocalS3) {
  const isMedia = (key: string) => key.startsWith('pieces/') && key.endsWith('.mp4')
  return s3.calls.filter(({ operation, key = '' }) => operation === 'PutObject' && isMedia(key))
}

t.test(
  'encodes the pieces with several processes, and after a failure only those that are missing',
  async t => {
    const { s3, run } = await openShell(t, jobWith('required', 2))
    await s3.put('masters', 'film.mp4', await splitSource({ seconds: 7 }))
    const fault = s3.fault({ operation: 'PutObject', key: /chunk-00002\/.*\.mp4$/, status: 403 })
    await t.rejects(run(), { code: 123, stderr: /AVIO_ERR_\w+/ })
    t.notOk(s3.keys('web').includes('film.mp4'), 'without a piece there is no join')
    fault.remove()
    s3.clearCalls()
    const { stdout } = await run()
    t.match(stdout, /"piece":"chunk-00002"[\s\S]*"key":"film\.mp4"[\s\S]*"removed":/)
    t.equal(await frameCount((await s3.get('web', 'film.mp4'))!), 168)
    t.match(encoded(s3), [{ key: /chunk-00002/ }])
    t.same([...s3.keys('scratch'), ...s3.uploads('scratch')], [])
  },
)

t.test('encodes the other pieces if one is killed, and after that the missing one', async t => {
  const { s3, run } = await openShell(t, jobWith('required', 2))
  await s3.put('masters', 'film.mp4', await splitSource({ seconds: 7 }))
  const held = s3.fault({ operation: 'PutObject', key: /chunk-00001\/.*\.mp4$/, hold: true })
  const ended = run()
  await Promise.race([held.reached, ended])
  const isStep = (pid: number) =>
    ['step', '1', process.execPath].every(word => commandLine(pid).includes(word))
  const [killed] = descendantsOf(ended.child.pid!).filter(isStep)
  endProcess(killed!)
  await t.rejects(ended, { code: 123, stderr: /Killed/ })
  held.release()
  t.notOk(s3.keys('web').includes('film.mp4'))
  s3.clearCalls()
  await run()
  t.equal(await frameCount((await s3.get('web', 'film.mp4'))!), 168)
  t.match(encoded(s3), [{ key: /chunk-00001/ }])
  t.same([...s3.keys('scratch'), ...s3.uploads('scratch')], [])
})

t.test('succeeds once the object is stored, although the pieces can’t be removed', async t => {
  const { s3, run } = await openShell(t, jobWith('required', 2))
  await s3.put('masters', 'film.mp4', await splitSource({ seconds: 4 }))
  s3.fault({ operation: 'DeleteObject', status: 403, code: 'AccessDenied', times: Infinity })
  t.match(await run(), { stdout: /"key":"film\.mp4"/, stderr: /AVIO_ERR_ACCESS_DENIED/ })
})

t.test('runs a job that can not be split as a whole', async t => {
  const { s3, run } = await openShell(t, jobWith('prefer', 60))
  await s3.put('masters', 'film.mp4', await splitSource({ seconds: 2 }))
  await run()
  t.ok((await frameCount((await s3.get('web', 'film.mp4'))!)) >= 48)
  t.same([...s3.keys('scratch'), ...s3.uploads('scratch')], [])
})

t.test("passes the command's exit code on if the job is wrong", async t => {
  const { run } = await openShell(t, { ...jobWith('prefer', 60), outputs: [] })
  await t.rejects(run(), { code: 2, stderr: /AVIO_ERR_JOB_INVALID/ })
})

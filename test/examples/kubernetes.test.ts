import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Deployment, type IDeployment } from 'kubernetes-models/apps/v1'
import { type IJob, Job as KubernetesJob } from 'kubernetes-models/batch/v1'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { durationOption } from '../../lib/cli/arguments/duration.js'
import { EXIT } from '../../lib/cli/report/exit-code.js'
import { CLEAN_UP } from '../../lib/engines/bullmq/farm-worker.js'
import type { Job } from '../../lib/job/schema/job.js'
import { LocalS3 } from '../../lib/testing/index.js'
import { descendantsOf, endProcess, isGone } from '../support/child.js'
import { storeEnvironment } from '../support/cli.js'
import { problemsOf } from '../support/docs-code.js'
import { commandOnPath, frameCount, programOnPath } from '../support/on-path.js'
import { ROOT } from '../support/program.js'
import { splitSource } from '../support/split.js'

const FOLDER = join(ROOT, 'examples', 'kubernetes')
const MANIFESTS = ['plan.yaml', 'pieces.yaml', 'step.yaml']

const VALUES: Record<string, string> = {
  ...{ NAME: 'film-1', IMAGE: 'registry.example.com/avio-streams:1', COUNT: '5', PARALLELISM: '20' },
  ...{ PLAN: 's3://scratch/pieces/0123/plan-4567.json', STEP: 'join' },
}

/** A manifest as run.sh applies it. */
function manifest(name: string): object {
  const text = readFileSync(join(FOLDER, name), 'utf8')
  return parse(text.replaceAll(/\$\{(\w+)\}/g, (_, variable: string) => VALUES[variable]!)) as object
}

function problems(value: object): string {
  try {
    new KubernetesJob(value).validate()
    return ''
  } catch (error) {
    return String(error)
  }
}

t.test('the manifests keep to the schema of Kubernetes', t => {
  const values = MANIFESTS.map(manifest)
  t.same(values.map(problems), ['', '', ''])
  // The schema lets unknown fields pass, which `kubectl apply` refuses; the types do not.
  const blockOf = (value: object) => ({
    ...{ page: 'manifest', line: 1 },
    code: `import type { IJob } from 'kubernetes-models/batch/v1'\nexport const job: IJob = ${JSON.stringify(value)}`,
  })
  t.same(problemsOf(ROOT, values.map(blockOf)), [])
  const [, pieces] = values
  const misspelt = JSON.parse(
    JSON.stringify(pieces).replace('"completionMode"', '"completionsMode"'),
  ) as object
  t.match(problemsOf(ROOT, [blockOf(misspelt)]), [/completionsMode/])
  t.match(problems({ ...pieces, spec: { completions: '5' } }), /completions|template/)
  t.end()
})

t.test('the pieces are indices, retried each for itself', t => {
  t.match(manifest('pieces.yaml'), {
    spec: {
      ...{ completionMode: 'Indexed', completions: 5, parallelism: 20 },
      ...{ backoffLimitPerIndex: 4, maxFailedIndexes: 0 },
      template: {
        spec: { containers: [{ args: ['step', VALUES['PLAN'], '$(JOB_COMPLETION_INDEX)', '--quiet'] }] },
      },
    },
  })
  t.end()
})

t.test(
  'ends a Job at once with the exit codes that another attempt would not change, and only with these',
  t => {
    const vain = [EXIT.usage, EXIT.input, EXIT.exists, EXIT.unsplit].sort()
    for (const name of MANIFESTS) {
      const { spec } = manifest(name) as IJob
      t.same(spec!.podFailurePolicy!.rules[1], {
        ...{ action: 'FailJob', onExitCodes: { operator: 'In', values: vain } },
      })
    }
    t.end()
  },
)

t.test('the command gets the SIGTERM of its pod, and the time to clean up', t => {
  for (const name of ['pieces.yaml', 'step.yaml']) {
    const { containers, terminationGracePeriodSeconds } = (manifest(name) as IJob).spec!.template.spec!
    t.equal(containers[0]!.command, undefined, `${name}: the entry point is no shell`)
    t.equal(containers[0]!.args![0], 'step')
    t.ok(terminationGracePeriodSeconds! >= 30, name)
  }
  t.end()
})

t.test("the page's Deployment keeps to the schema, and lets a worker drain", t => {
  const page = readFileSync(join(ROOT, 'docs', 'scale-out.md'), 'utf8')
  const [, block] = /```yaml\n([\s\S]*?)```/.exec(page)!
  const deployment = parse(block!) as IDeployment
  new Deployment(deployment).validate()
  const { terminationGracePeriodSeconds, containers, securityContext } = deployment.spec!.template.spec!
  const { args, securityContext: own } = containers[0]!
  const [drain] = args!.slice(args!.indexOf('--drain') + 1)
  t.ok(terminationGracePeriodSeconds! > durationOption(drain!, '--drain') / 1000 + CLEAN_UP / 1000, drain!)
  t.match(securityContext, { runAsNonRoot: true })
  t.match(own, { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false })
  t.end()
})

t.test('the manifests need no disk, no root, and no account of the cluster', t => {
  for (const name of MANIFESTS) {
    t.match(
      manifest(name),
      {
        apiVersion: 'batch/v1',
        spec: {
          // Only with this policy may a Job tell exit codes apart.
          podFailurePolicy: { rules: [{ action: 'Ignore' }, { action: 'FailJob' }] },
          template: {
            spec: {
              ...{ restartPolicy: 'Never', automountServiceAccountToken: false },
              securityContext: { runAsNonRoot: true },
              containers: [{ securityContext: { readOnlyRootFilesystem: true } }],
            },
          },
        },
      },
      name,
    )
  }
  t.end()
})

/** A cluster, and what run.sh does on it. */
async function openCluster(t: Test, job: Job) {
  const s3 = await LocalS3.start({ buckets: ['masters', 'web', 'scratch'] })
  t.teardown(() => s3.close())
  const folder = t.testdir({ bin: {}, cluster: {}, 'job.json': JSON.stringify(job) })
  const [bin, cluster] = [join(folder, 'bin'), join(folder, 'cluster')]
  commandOnPath(bin)
  programOnPath(bin, 'kubectl', new URL('../support/kubectl.ts', import.meta.url))
  const { FFMPEG_PATH } = process.env
  const secret = { ...storeEnvironment(s3), ...(FFMPEG_PATH !== undefined && { FFMPEG_PATH }) }
  writeFileSync(join(cluster, 'secret-avio-streams-store'), JSON.stringify(secret))
  const env = {
    ...{ PATH: `${bin}:${process.env['PATH']!}`, CLUSTER: cluster },
    ...{ IMAGE: 'avio-streams', PARALLELISM: '2' },
  }
  const run = (name: string) =>
    promisify(execFile)(join(FOLDER, 'run.sh'), [name, 'job.json'], { cwd: folder, env })
  /** The indices and processes of all pods of a Kubernetes job, in order. */
  const pods = (name: string) => {
    const lines = readFileSync(join(cluster, `job-${name}`, 'pods'), 'utf8')
      .trim()
      .split('\n')
    return lines.map(line => line.split(' ').map(Number) as [index: number, pid: number])
  }
  mkdirSync(join(cluster, 'root'))
  const left = () => [
    ...s3.keys('scratch'),
    ...['scratch', 'web'].flatMap(bucket => s3.uploads(bucket).map(({ key }) => `upload of ${key}`)),
    ...readdirSync(join(cluster, 'root')),
  ]
  return { s3, run, pods, left }
}

const JOB: Job = {
  version: 1,
  inputs: [{ url: 's3://masters/film.mp4' }],
  outputs: [
    {
      ...{ type: 'object', url: 's3://web/film.mp4', format: 'mp4', layout: 'file' },
      args: ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30', '-c:a', 'aac'],
    },
  ],
  split: { work: 's3://scratch/pieces/', mode: 'required', chunkSeconds: 2, gop: 24 },
}

t.test('runs a pod for each piece, and a killed one again', async t => {
  const { s3, run, pods, left } = await openCluster(t, JOB)
  await s3.put('masters', 'film.mp4', await splitSource({ seconds: 7 }))
  const held = s3.fault({ operation: 'PutObject', key: /chunk-00001\/.*\.mp4$/, hold: true })
  const ended = run('film-1')
  await Promise.race([held.reached, ended])
  const [, pid] = pods('film-1-pieces').find(([index]) => index === 1)!
  process.kill(pid, 'SIGKILL')
  held.release()
  const { stdout } = await ended
  t.ok(isGone(pid))
  t.equal(pods('film-1-plan').length, 1)
  const indices = pods('film-1-pieces').map(([index]) => index)
  t.same(indices.sort(), [0, 1, 1, 2, 3, 4], 'four chunks and the audio; the second chunk twice')
  t.equal(pods('film-1-join').length, 1)
  t.equal(pods('film-1-remove').length, 1)
  t.match(stdout, /"key":"film\.mp4"/)
  t.equal(await frameCount((await s3.get('web', 'film.mp4'))!), 168)
  t.same(left(), [])
})

t.test('a drained pod leaves nothing, and another one joins the pieces', async t => {
  const { s3, run, pods, left } = await openCluster(t, JOB)
  await s3.put('masters', 'film.mp4', await splitSource({ seconds: 4 }))
  const held = s3.fault({ operation: 'PutObject', bucket: 'web', hold: true })
  const ended = run('film-1')
  await Promise.race([held.reached, ended])
  const [[, pid] = []] = pods('film-1-join')
  process.kill(pid!, 'SIGTERM')
  const { stdout } = await ended
  t.ok(isGone(pid!), 'the process that got the signal is the command')
  t.equal(pods('film-1-join').length, 2)
  t.match(stdout, /"key":"film\.mp4"/)
  t.equal(await frameCount((await s3.get('web', 'film.mp4'))!), 96)
  t.same(left(), [])
})

t.test('takes the plan from the attempt that has made it', async t => {
  const { s3, run, pods, left } = await openCluster(t, JOB)
  await s3.put('masters', 'film.mp4', await splitSource({ seconds: 4 }))
  const held = s3.fault({ operation: 'PutObject', key: /plan-\w+\.json$/, hold: true })
  const ended = run('film-1')
  await Promise.race([held.reached, ended])
  const [[, pid] = []] = pods('film-1-plan')
  for (const one of [pid!, ...descendantsOf(pid!)]) endProcess(one)
  await ended
  t.equal(pods('film-1-plan').length, 2)
  t.equal(await frameCount((await s3.get('web', 'film.mp4'))!), 96)
  t.same(left(), [])
})

t.test('ends at once if another attempt would be in vain', async t => {
  const { s3, run, pods, left } = await openCluster(t, JOB)
  await t.rejects(run('film-2'), { message: /AVIO_ERR_NO_SUCH_KEY[\s\S]*film-2-plan has failed/ })
  t.equal(pods('film-2-plan').length, 1)
  await s3.put('masters', 'film.mp4', await splitSource({ seconds: 1 }))
  await t.rejects(run('film-2'), { message: /not longer than one chunk[\s\S]*film-2-plan has failed/ })
  t.equal(pods('film-2-plan').length, 1)
  t.same(left(), [])
})

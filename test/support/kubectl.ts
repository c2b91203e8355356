// Stands in for kubectl and its cluster, as far as examples/kubernetes needs both: objects are files in the folder
// CLUSTER, and the pods of a Job are processes of this machine, which get what the kubelet gives to a container.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type IJob, Job } from 'kubernetes-models/batch/v1'
import { parse } from 'yaml'

const cluster = process.env['CLUSTER']!
const file = (...names: string[]) => join(cluster, names.join('-'))
const [verb, ...words] = process.argv.slice(2)

switch (verb) {
  case 'delete':
    rmSync(file(words[0]!, words[1]!), { recursive: true, force: true })
    break
  case 'create':
    createConfigMap(words)
    break
  case 'apply':
    await apply(parse(await text(process.stdin)) as IJob)
    break
  case 'get':
    process.stdout.write(readFileSync(join(file(words[0]!, words[1]!), 'status'), 'utf8'))
    break
  case 'logs':
    process.stdout.write(readFileSync(join(file(...words[0]!.split('/')), 'log'), 'utf8'))
    break
  default:
    throw new Error(`No such command: kubectl ${String(verb)}`)
}

/** `create configmap NAME --from-file=KEY=PATH` */
function createConfigMap([kind, name, source]: string[]): void {
  const [, key, path] = /^--from-file=([^=]+)=(.+)$/.exec(source!)!
  const folder = file(kind!, name!)
  mkdirSync(folder)
  copyFileSync(path!, join(folder, key!))
}

async function apply(manifest: IJob): Promise<void> {
  new Job(manifest).validate()
  const folder = file('job', manifest.metadata!.name!)
  if (existsSync(folder)) throw new Error(`${folder} exists: the pods of a Job can't be changed`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest))
  const status = await runPods(manifest, folder)
  writeFileSync(join(folder, 'status'), status)
}

/** Runs a pod for each index until it succeeds, as often as the Job allows. */
async function runPods({ spec }: IJob, folder: string): Promise<'Complete' | 'Failed'> {
  const { completions = 1, parallelism = 1, backoffLimit = 6, completionMode } = spec!
  const attempts = 1 + (spec!.backoffLimitPerIndex ?? backoffLimit)
  const todo = Array.from({ length: completions }, (_, index) => index)
  const failed = new Set<number>()
  const work = async () => {
    for (let index = todo.shift(); index !== undefined; index = todo.shift()) {
      for (let attempt = 1; ; attempt++) {
        const code = await runPod(spec!, folder, completionMode === 'Indexed' ? index : undefined)
        if (code === 0) break
        const isPointless = spec!.podFailurePolicy?.rules.some(
          ({ action, onExitCodes }) => action === 'FailJob' && onExitCodes?.values.includes(code ?? 137),
        )
        if (attempt < attempts && isPointless !== true) continue
        failed.add(index)
        todo.length = 0
        break
      }
    }
  }
  await Promise.all(Array.from({ length: parallelism }, work))
  return failed.size > 0 ? 'Failed' : 'Complete'
}

async function runPod(
  { template }: NonNullable<IJob['spec']>,
  folder: string,
  index: number | undefined,
): Promise<number | null> {
  const { containers, volumes = [] } = template.spec!
  const { command, args = [], env = [], envFrom = [], volumeMounts = [] } = containers[0]!
  const secrets = envFrom.map(({ secretRef }) => file('secret', secretRef!.name!))
  const variables: Record<string, string> = Object.assign(
    { PATH: process.env['PATH']! },
    ...secrets.map(path => JSON.parse(readFileSync(path, 'utf8')) as object),
    Object.fromEntries(env.map(({ name, value }) => [name, value!])),
    index === undefined ? {} : { JOB_COMPLETION_INDEX: String(index) },
  ) as Record<string, string>
  const mounted = (word: string) =>
    volumeMounts.reduce((known, { name, mountPath }) => {
      const map = volumes.find(volume => volume.name === name)!.configMap!.name!
      return known.replaceAll(`${mountPath}/`, `${file('configmap', map)}/`)
    }, word)
  // A reference to a variable that there is not stays as it is: https://kubernetes.io/docs/tasks/inject-data-application
  const expanded = (word: string) =>
    mounted(word.replaceAll(/\$\((\w+)\)/g, (whole, name: string) => variables[name] ?? whole))
  const root = join(cluster, 'root')
  mkdirSync(root, { recursive: true })
  const [name, ...words] = [...(command ?? ['avio-streams']), ...args].map(expanded)
  const pod = spawn(name!, words, { cwd: root, env: variables, stdio: ['ignore', 'pipe', 'pipe'] })
  appendFileSync(join(folder, 'pods'), `${index ?? 0} ${pod.pid!}\n`)
  const logs = Promise.all([text(pod.stdout), text(pod.stderr)])
  const [code] = (await once(pod, 'close')) as [number | null]
  appendFileSync(join(folder, 'log'), (await logs).join(''))
  return code
}

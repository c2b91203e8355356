// Stands in for kubectl and its cluster, as far as examples/kubernetes needs both: objects are files in the folder
// CLUSTER, and the pods of a Job are processes of this machine, which get what the kubelet gives to a container. Each
// attempt is a pod of its own, with a phase and a log.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
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
    if (words[0] === 'pods') getPods(words)
    else process.stdout.write(readFileSync(join(file(words[0]!, words[1]!), 'status'), 'utf8'))
    break
  case 'logs':
    logs(words)
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

/** `get pods --selector batch.kubernetes.io/job-name=JOB --field-selector status.phase=PHASE --output name` */
function getPods(args: string[]): void {
  const options = { selector: { type: 'string' }, 'field-selector': { type: 'string' } } as const
  const { values } = parseArgs({
    args,
    options: { ...options, output: { type: 'string' } },
    allowPositionals: true,
  })
  const [, job] = /^batch\.kubernetes\.io\/job-name=(.+)$/.exec(values.selector!)!
  const [, phase] = /^status\.phase=(.+)$/.exec(values['field-selector']!)!
  const folder = file('job', job!)
  for (const entry of readdirSync(folder).sort()) {
    const [, pod] = /^(\d+)\.phase$/.exec(entry) ?? []
    if (pod !== undefined && readFileSync(join(folder, entry), 'utf8') === phase)
      process.stdout.write(`pod/${job}-${pod}\n`)
  }
}

/** `logs pod/JOB-NUMBER --tail LINES` */
function logs(args: string[]): void {
  const { values, positionals } = parseArgs({
    args,
    options: { tail: { type: 'string' } },
    allowPositionals: true,
  })
  const [, job, pod] = /^pod\/(.+)-(\d+)$/.exec(positionals[0]!)!
  const lines = readFileSync(join(file('job', job!), `${pod!}.log`), 'utf8').split(/(?<=\n)/)
  process.stdout.write(lines.slice(-Number(values.tail)).join(''))
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
  const written = Promise.all([text(pod.stdout), text(pod.stderr)])
  const [code] = (await once(pod, 'close')) as [number | null]
  writeFileSync(join(folder, `${pod.pid!}.log`), (await written).join(''))
  writeFileSync(join(folder, `${pod.pid!}.phase`), code === 0 ? 'Succeeded' : 'Failed')
  return code
}

import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

/** The Dockerfile, whose steps are run here as far as that needs no Docker and no root. */

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
const text = await readFile(join(root, 'Dockerfile'), 'utf8')

/** The instructions, with their lines joined and without comments. */
const instructions = text
  .replace(/^#.*\n/gm, '')
  .replace(/\s*\\\n\s*/g, ' ')
  .split('\n')
  .filter(line => line.trim() !== '')
  .map(line => /^(\w+) +(.*)$/.exec(line)!.slice(1) as [string, string])

const stages = instructions.flatMap(([name], n) => (name === 'FROM' ? [n] : []))
const last = instructions.slice(stages.at(-1))
const commands = (list: typeof instructions) =>
  list.flatMap(([name, rest]) => (name === 'RUN' ? rest.split(' && ') : []))

t.test('runs the command as a user without rights', async t => {
  const { bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    bin: Record<string, string>
  }
  t.same(
    last.slice(-2),
    [
      ['USER', 'node'],
      ['ENTRYPOINT', JSON.stringify(Object.keys(bin))],
    ],
    'nothing follows that would change it',
  )
  t.match(last[0]?.[1], /^node:\d+-trixie-slim$/)
})

t.test('builds, installs and starts the command', { timeout: 600_000 }, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'avio-streams-container-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  // Another user starts the command below.
  await chmod(folder, 0o755)
  const [source, packed, prefix] = ['source', 'package', 'prefix'].map(name => join(folder, name)) as [
    ...[string, string, string],
  ]
  await copyContext(source)
  await symlink(join(root, 'node_modules'), join(source, 'node_modules'), 'junction')
  await mkdir(packed)
  const [install, pack, ...more] = commands(instructions.slice(0, stages.at(-1)))
  t.match(install, /^npm ci /, 'for which the node_modules of this repository stand here')
  t.same(more, [])
  await shell(pack!.replace('/package', packed), source)

  const [update, apt, clean, global, ...tidy] = commands(last)
  t.same(
    [update, clean, ...tidy],
    [...['apt-get update', 'rm -rf /var/lib/apt/lists/*', 'npm cache clean --force', 'rm -rf /package']],
  )
  t.match(apt, /^apt-get install --yes --no-install-recommends /)
  if (await hasPackageLists()) await shell(apt!.replace('install', 'install --simulate'), folder)
  else t.comment('The packages of Debian are not looked up: there are no lists here (apt-get update).')

  t.match(global, /^npm install --global .* \/package\/\*\.tgz /)
  const options = `install --global --prefer-offline --prefix ${prefix}`
  await shell(global!.replace('install --global', options).replace('/package', packed), folder)
  const [, [, entry]] = last.slice(-2) as [[string, string], [string, string]]
  const command = join(prefix, 'bin', (JSON.parse(entry) as [string])[0])
  const isRoot = process.getuid?.() === 0
  const words = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', command] : [command]
  const { stdout } = await run(words[0]!, [...words.slice(1), '--version'], { cwd: '/' })
  t.match(stdout, /^avio-streams \d+\.\d+\.\d+\n$/)
  for (const connection of ['redis://127.0.0.1:1', 'postgres://127.0.0.1:1/jobs']) {
    const status = run(words[0]!, [...words.slice(1), 'status', '--connection', connection], { cwd: '/' })
    await t.rejects(
      status,
      { message: /AVIO_ERR_QUEUE_UNREACHABLE/ },
      'the image has the packages of the queue',
    )
  }
})

/** Copies what `.dockerignore` leaves, as `COPY . .` does. */
async function copyContext(target: string): Promise<void> {
  const lines = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n')
  t.ok(lines.includes('*'), 'nothing else')
  for (const line of lines) {
    if (!line.startsWith('!')) continue
    const [folder = '', ending] = line.slice(1).split('/*')
    if (ending === undefined) await cp(join(root, folder), join(target, folder), { recursive: true })
    else
      for (const name of await readdir(join(root, folder)))
        if (name.endsWith(ending)) await cp(join(root, folder, name), join(target, folder, name))
  }
}

function shell(command: string, cwd: string) {
  return run('sh', ['-c', command], { cwd, maxBuffer: 64 * 1024 * 1024 })
}

async function hasPackageLists(): Promise<boolean> {
  return await run('apt-cache', ['show', 'ffmpeg']).then(
    () => true,
    () => false,
  )
}

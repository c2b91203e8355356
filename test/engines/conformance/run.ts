/**
 * `npm run engines`: each situation on each engine. A job may end in two ways: with the right bytes under its key, once,
 * or with one clear error; and nothing is left.
 *
 * npm run engines all of them; some also over Ceph
 * npm run engines -- --engine=redis --store=local --situation=join
 * npm run engines -- --full --at-once=1 --situation='a batch' masses as large as they are promised for
 */
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { Unavailable } from '../../support/servers/debian-tree.js'
import { runCase } from './cases.js'
import type { EngineName } from './farm.js'
import { compilePrograms } from './programs.js'
import { Servers, type StoreName } from './servers.js'
import type { Situation } from './situation.js'
import { situationsOf } from './situations/index.js'

// The SDK's warning about Node 20 does not belong here.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'

const { values } = parseArgs({
  options: {
    engine: { type: 'string' },
    store: { type: 'string' },
    situation: { type: 'string', default: '' },
    // Most of a situation is waiting: for a lock to expire, for a process to start.
    'at-once': { type: 'string', default: '3' },
    // Masses of 1,000 chunks and 10,000 objects.
    full: { type: 'boolean', default: false },
  },
})

const ENGINES: readonly EngineName[] = ['process', 'redis', 'postgres']
const STORES: readonly StoreName[] = ['local', 'ceph16', 'ceph20']

const print = (line: string) => void process.stdout.write(`${line}\n`)

interface Case {
  readonly engine: EngineName
  readonly store: StoreName
  readonly situation: Situation
}

/** Real stores see a part, on one engine: what they could break is in the steps, which all engines share. */
function casesOf(engine: EngineName, store: StoreName): Case[] {
  if (store !== 'local' && engine !== 'redis') return []
  const isFit = ({ isForAnyStore = false, replaces = false }: Situation) =>
    store === 'local' || (isForAnyStore && !(replaces && store === 'ceph16'))
  return situationsOf(values.full ? 'full' : 'ci')
    .filter(situation => {
      const { name, engines = ENGINES } = situation
      return name.includes(values.situation) && engines.includes(engine) && isFit(situation)
    })
    .map(situation => ({ engine, store, situation }))
}

const cases = ENGINES.filter(name => (values.engine ?? name) === name).flatMap(engine =>
  STORES.filter(name => (values.store ?? name) === name).flatMap(store => casesOf(engine, store)),
)
if (cases.length === 0) throw new Error('There is no such case')

const servers = new Servers()
let [passed, failed] = [0, 0]

async function check({ engine, store, situation }: Case): Promise<void> {
  const began = performance.now()
  const problems = await problemsOf({ engine, store, situation })
  const took = ((performance.now() - began) / 1000).toFixed(1)
  if (problems.length === 0) passed++
  else failed++
  const where = store === 'local' ? engine : `${engine} and ${store}`
  print(`${problems.length === 0 ? '✔' : '✖'} ${where}: ${situation.name} (${took} s)`)
  for (const problem of problems) print(`  ${problem}`)
}

async function problemsOf({ engine, store, situation }: Case): Promise<readonly string[]> {
  const isOwn = situation.hurtsServer === true
  const server = await servers.queue(engine, isOwn)
  const open = await servers.store(store)
  try {
    return await runCase(situation, { engine, server, store: open })
  } finally {
    open?.client.destroy()
    if (isOwn) await server?.stop()
  }
}

await compilePrograms()
try {
  await Promise.all(
    Array.from({ length: Number(values['at-once']) }, async () => {
      for (let one = cases.shift(); one !== undefined; one = cases.shift()) await check(one)
    }),
  )
} catch (error) {
  if (!(error instanceof Unavailable)) throw error
  failed++
  print(`A server is missing: ${error.message}. Run it by npm run engines, which installs it.`)
} finally {
  await servers.stop()
}
print(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

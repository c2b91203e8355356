import t from 'tap'
import { QUEUE_SERVERS } from '../../support/queue-servers.js'
import { runCase } from './cases.js'
import type { EngineName } from './farm.js'
import { situationsOf } from './situations/index.js'

/** The part of `npm run engines` that runs with all tests: a death, a worker that stands still, a cancelled job. */
const PART: Readonly<Record<EngineName, readonly string[]>> = {
  process: ['a worker is killed in a chunk'],
  redis: [
    'a worker stands still in a chunk, and goes on after a newer job wrote the key',
    'a job is cancelled in a chunk',
  ],
  postgres: ['a worker is killed in a chunk'],
}

const ENGINES: Readonly<Record<string, EngineName>> = { Redis: 'redis', PostgreSQL: 'postgres' }

function situation(name: string) {
  const found = situationsOf('ci').find(one => one.name === name)
  if (found === undefined) throw new Error(`There is no situation "${name}"`)
  return found
}

for (const name of PART.process) {
  t.test(`in this process, ${name}`, async t => {
    t.same(await runCase(situation(name), { engine: 'process' }), [])
  })
}

for (const { name: server, missing, start } of QUEUE_SERVERS) {
  const engine = ENGINES[server]!
  t.test(`over ${server}`, { skip: missing }, async t => {
    const running = await start(t)
    for (const name of PART[engine]) {
      await t.test(name, async t => {
        t.same(await runCase(situation(name), { engine, server: running }), [])
      })
    }
  })
}

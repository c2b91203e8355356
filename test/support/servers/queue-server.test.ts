import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis as Client } from 'ioredis'
import pg from 'pg'
import t, { type Test } from 'tap'
import { isGone } from '../child.js'
import { programOf } from '../program.js'
import { QUEUE_SERVERS } from '../queue-servers.js'
import type { QueueServer } from './queue-server.js'

/** A value that is kept in a server, with one connection. */
interface Value {
  set(value: string): Promise<unknown>
  get(): Promise<unknown>
  close(): Promise<unknown>
}

const VALUES: Record<string, (url: string) => Promise<Value>> = {
  Redis: async url => {
    const client = new Client(url, { lazyConnect: true, retryStrategy: () => null })
    client.on('error', () => undefined)
    await client.connect()
    return {
      set: value => client.set('key', value),
      get: () => client.get('key'),
      close: async () => client.disconnect(),
    }
  },
  PostgreSQL: async url => {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => undefined)
    await client.connect()
    await client.query('CREATE TABLE IF NOT EXISTS kept (value text)')
    return {
      set: value => client.query('INSERT INTO kept VALUES ($1)', [value]),
      get: async () => {
        const { rows } = await client.query<{ value: string }>('SELECT value FROM kept')
        return rows[0]?.value ?? null
      },
      close: () => client.end(),
    }
  },
}

/** Opens a connection that is closed with the test. */
async function open(t: Test, name: string, { url }: Pick<QueueServer, 'url'>): Promise<Value> {
  const value = await VALUES[name]!(url)
  t.teardown(() => value.close())
  return value
}

for (const { name, missing, start } of QUEUE_SERVERS) {
  const options = { skip: missing }

  t.test(`${name} keeps over a restart what it has confirmed, until it is emptied`, options, async t => {
    const server = await start(t)
    t.match(server.name, new RegExp(`^${name} \\d`))
    const before = await open(t, name, server)
    await before.set('kept')
    const { pid } = server
    await server.restart()
    t.not(server.pid, pid)
    t.ok(isGone(pid))
    const after = await open(t, name, server)
    t.equal(await after.get(), 'kept')
    await server.empty()
    t.equal(await after.get(), null)
  })

  t.test(`${name} answers nothing while it is frozen, and the same connection after it`, options, async t => {
    const server = await start(t)
    const value = await open(t, name, server)
    await value.set('kept')
    server.freeze()
    const answer = value.get()
    t.equal(await Promise.race([answer, delay(300, 'nothing')]), 'nothing')
    server.thaw()
    t.equal(await answer, 'kept')
    server.freeze()
    await server.stop()
    t.ok(isGone(server.pid), 'a frozen server stops, too')
  })

  t.test(`${name} ends with the process that started it`, options, async t => {
    const { child, pid, folder } = await startElsewhere(name)
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    t.notOk(isGone(pid))
    child.kill('SIGKILL')
    while (!isGone(pid)) await delay(20)
    t.ok(isGone(pid))
  })

  t.test(
    `${name} wants its password, which no list of processes shows, and leaves no folder`,
    options,
    async t => {
      const server = await start(t)
      await t.rejects(open(t, name, { url: server.url.replace(server.password, 'wrong') }))
      t.notMatch(readFileSync(`/proc/${server.pid}/cmdline`, 'latin1'), server.password)
      const folder = folderOf(server.pid)
      t.ok(existsSync(folder))
      await server.stop()
      t.notOk(existsSync(folder))
      await server.stop()
    },
  )
}

/** The folder of a server, below which it works. */
function folderOf(pid: number): string {
  return /^.*avio-streams-[a-z]+-\w+/.exec(readlinkSync(`/proc/${pid}/cwd`))![0]
}

/** Starts a server in a process of its own. */
async function startElsewhere(name: string): Promise<{ child: ChildProcess; pid: number; folder: string }> {
  const { path, execArgv } = programOf(new URL('start-server.ts', import.meta.url))
  const child = fork(path, [name], { execArgv })
  const [pid] = (await once(child, 'message')) as [number]
  return { child, pid, folder: folderOf(pid) }
}

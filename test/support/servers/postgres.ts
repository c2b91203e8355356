import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { Daemon, asUser } from './daemon.js'
import { childrenOf, signalProcess } from '../child.js'
import { findProgram, postgresFolders } from '../find-program.js'
import { folderOnceARun } from '../once-a-run.js'
import { freePort } from './free-port.js'
import { postgresTree } from './postgres-tree.js'
import { QueueServer } from './queue-server.js'

const exec = promisify(execFile)

/** The number of the user `nobody` on every Linux: PostgreSQL does not run as root. */
const NOBODY = 65_534

/** The rows of all tables but those that tell which migrations a schema has. */
const EMPTY = `
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT schemaname, tablename FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename <> 'migration'
  LOOP
    EXECUTE format('TRUNCATE %I.%I CASCADE', one.schemaname, one.tablename);
  END LOOP;
END $$`

/** The SQLSTATE of a transaction that the server ended so that another could go on. */
const DEADLOCK_DETECTED = '40P01'

/** What is confirmed is written, and so survives the end of the server; nothing is kept for an end of the machine. */
const SETTINGS = {
  ...{ listen_addresses: '127.0.0.1', unix_socket_directories: '', dynamic_shared_memory_type: 'mmap' },
  ...{ fsync: 'off', full_page_writes: 'off', shared_buffers: '32MB', max_connections: '200', jit: 'off' },
}

/** An empty cluster, which each server copies: a copy takes a tenth of the second or two that making one takes. */
interface Template {
  readonly data: string
  readonly password: string
}

let template: Promise<Template> | undefined

/** PostgreSQL with one empty database. */
export class Postgres extends QueueServer {
  /**
   * Starts an empty server: that of this machine, else Debian's, unpacked into the cache.
   *
   * @throws `Unavailable` with the reason, if there can be none
   */
  static async start(): Promise<Postgres> {
    const bin = await postgresBin()
    const user = process.getuid?.() === 0 ? NOBODY : undefined
    const { data: empty, password } = await (template ??= findTemplate(bin, user))
    const folder = await mkdtemp(join(tmpdir(), 'avio-streams-postgres-'))
    const port = await freePort()
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
    const settings = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    try {
      const data = join(folder, 'data')
      await exec('cp', ['-R', '-p', empty, data])
      if (user !== undefined) await chown(folder, user, user)
      const daemon = await Daemon.start({
        ...{ name: 'postgres', command: [join(bin, 'postgres'), ['-D', data, ...settings]], user },
        // At once, but with its shared memory removed; the next start recovers as after a crash.
        ...{ cwd: folder, end: 'SIGQUIT', ping: () => query(url, 'SELECT 1') },
      })
      const [row] = await query(url, 'SHOW server_version')
      const name = `PostgreSQL ${/^\S+/.exec(String(row?.['server_version']))?.[0] ?? ''}`
      return new Postgres({ name, url, password, folder, daemon })
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  async empty(): Promise<void> {
    for (;;) {
      try {
        await query(this.url, EMPTY)
        return
      } catch (error) {
        // Workers hold rows of one table and wait for another: of the two, the server may end either.
        if ((error as { code?: unknown }).code !== DEADLOCK_DETECTED) throw error
      }
    }
  }

  /** Each connection is served by a process of its own: all of them stop. */
  override freeze(): void {
    super.freeze()
    for (const pid of childrenOf(this.pid)) signalProcess(pid, 'SIGSTOP')
  }

  override thaw(): void {
    super.thaw()
    for (const pid of childrenOf(this.pid)) signalProcess(pid, 'SIGCONT')
  }
}

/** The folder of `postgres` and `initdb`. */
export async function postgresBin(): Promise<string> {
  const found = findProgram({ variable: 'POSTGRES_PATH', names: ['postgres'], folders: postgresFolders() })
  return found === undefined ? await postgresTree() : dirname(found)
}

/** The run's template, or one of this process, which is removed with it. */
async function findTemplate(bin: string, user?: number): Promise<Template> {
  let own: string | undefined
  const folder = await folderOnceARun('postgres', async () => (own = await makeTemplate(bin, user)))
  process.once('exit', () => own && rmSync(own, { recursive: true, force: true }))
  return { data: join(folder, 'data'), password: await readFile(join(folder, 'password'), 'utf8') }
}

/** Makes a folder with an empty cluster and its password. */
async function makeTemplate(bin: string, user?: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'avio-streams-postgres-'))
  try {
    const [data, secret] = [join(folder, 'data'), join(folder, 'password')]
    await writeFile(secret, randomBytes(12).toString('hex'), { mode: 0o600 })
    if (user !== undefined) for (const path of [folder, secret]) await chown(path, user, user)
    const args = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${secret}`, '-E', 'UTF8']
    const [file, rest] = asUser(user, [
      join(bin, 'initdb'),
      [...args, '--locale=C', '--no-sync', '--no-instructions'],
    ])
    await exec(file, [...rest], { cwd: folder })
    return folder
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<Record<string, unknown>>(text)
    return rows
  } finally {
    await client.end()
  }
}

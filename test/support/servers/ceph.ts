import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type DebianTree, debianTree } from './debian-tree.js'
import { freePort } from './free-port.js'

/** A Ceph release and the Debian suite that packages it. */
export type CephRelease = 16 | 20

const SUITES: Record<CephRelease, string> = { 16: 'bookworm', 20: 'sid' }
const PACKAGES = {
  packages: ['ceph-mon', 'ceph-osd', 'radosgw', 'ceph-common'],
  privateLibraries: ['ceph'],
}
const START_TIMEOUT = 60_000

const exec = promisify(execFile)

/**
 * Ceph's S3 gateway on 127.0.0.1: one monitor, one storage daemon that keeps its objects in memory, one gateway. It
 * starts in about 1.5 s. The daemons are child processes in the foreground, die with this process, and leave only the
 * folder that {@link stop} removes.
 */
export class Ceph {
  /** The version that the gateway reports: `16.2.15`. */
  readonly version: string
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly #folder: string
  readonly #daemons: readonly ChildProcess[]

  private constructor(gateway: Gateway, folder: string, daemons: readonly ChildProcess[]) {
    this.version = gateway.version
    this.endpoint = gateway.endpoint
    this.accessKeyId = gateway.accessKeyId
    this.secretAccessKey = gateway.secretAccessKey
    this.#folder = folder
    this.#daemons = daemons
  }

  /** Fetches missing packages, and starts a new cluster with an empty store. */
  static async start(release: CephRelease): Promise<Ceph> {
    const tree = await debianTree({ suite: SUITES[release], ...PACKAGES })
    const folder = await mkdtemp(join(tmpdir(), `avio-streams-ceph-${release}-`))
    const daemons: ChildProcess[] = []
    try {
      return new Ceph(await bringUp(tree, folder, daemons), folder, daemons)
    } catch (error) {
      const log = await readFile(join(folder, 'log'), 'utf8').catch(() => '')
      await takeDown(folder, daemons)
      throw new Error(`Ceph ${release} did not start:\n${log.split('\n').slice(-15).join('\n')}`, {
        cause: error,
      })
    }
  }

  /** Stops the daemons and removes their data. */
  async stop(): Promise<void> {
    await takeDown(this.#folder, this.#daemons)
  }
}

type Gateway = Pick<Ceph, 'version' | 'endpoint' | 'accessKeyId' | 'secretAccessKey'>

async function bringUp(tree: DebianTree, folder: string, daemons: ChildProcess[]): Promise<Gateway> {
  const monitorPort = await freePort()
  const gatewayPort = await freePort(monitorPort)
  const fsid = randomUUID()
  const osd = randomUUID()
  await mkdir(join(folder, 'mon'))
  await mkdir(join(folder, 'osd'))
  await writeFile(join(folder, 'ceph.conf'), configuration({ tree, folder, fsid, monitorPort, gatewayPort }))

  const signal = AbortSignal.timeout(START_TIMEOUT)
  const run = (program: string, ...args: string[]) => exec(...tree.command(program, args), { signal })
  const conf = ['--conf', join(folder, 'ceph.conf')]
  const daemon = (program: string, ...args: string[]) => {
    // If this process is killed without a chance to clean up, the kernel ends the daemons.
    const [file, rest] = tree.command(program, [...conf, ...args, '--foreground'])
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', file, ...rest], { stdio: 'ignore' })
    daemons.push(child)
  }

  const [monmap, osdmap] = [join(folder, 'monmap'), join(folder, 'osdmap')]
  const address = `[v2:127.0.0.1:${monitorPort}]`
  await run('monmaptool', '--create', '--addv', 'a', address, '--fsid', fsid, monmap)
  // A first map with the storage daemon avoids the `ceph` tool, a Python program that would have to add it.
  await run('osdmaptool', '--createsimple', '1', osdmap)
  await run('ceph-mon', ...conf, '--id', 'a', '--mkfs', '--monmap', monmap, '--osdmap', osdmap)
  daemon('ceph-mon', '--id', 'a')
  await run('ceph-osd', ...conf, '--id', '0', '--mkfs', '--osd-uuid', osd)
  daemon('ceph-osd', '--id', '0')

  const accessKeyId = randomBytes(10).toString('hex').toUpperCase()
  const secretAccessKey = randomBytes(20).toString('hex')
  const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`]
  const user = ['user', 'create', '--uid=tests', '--display-name=tests', ...keys]
  await run('radosgw-admin', ...conf, '--name', 'client.gateway', ...user)
  daemon('radosgw', '--name', 'client.gateway')

  const endpoint = `http://127.0.0.1:${gatewayPort}`
  await answers(endpoint, signal, daemons)
  const { stdout } = await run('radosgw', '--version')
  return { version: /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? stdout, endpoint, accessKeyId, secretAccessKey }
}

/** Waits until the gateway answers HTTP, or a daemon exits. */
async function answers(endpoint: string, signal: AbortSignal, daemons: readonly ChildProcess[]) {
  for (;;) {
    const dead = daemons.find(daemon => daemon.exitCode !== null || daemon.signalCode !== null)
    if (dead) throw new Error(`A daemon ended: ${dead.spawnargs.join(' ')}`)
    const answered = await fetch(endpoint, { signal }).then(
      response => response.arrayBuffer().then(() => true),
      () => false,
    )
    if (answered) return
    signal.throwIfAborted()
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function takeDown(folder: string, daemons: readonly ChildProcess[]): Promise<void> {
  // Their data is in memory or in the folder: nothing to wait for.
  const running = daemons.filter(daemon => daemon.exitCode === null && daemon.signalCode === null)
  await Promise.all(
    running.map(async daemon => {
      const closed = once(daemon, 'close')
      daemon.kill('SIGKILL')
      await closed
    }),
  )
  await rm(folder, { recursive: true, force: true })
}

function configuration(of: {
  tree: DebianTree
  folder: string
  fsid: string
  monitorPort: number
  gatewayPort: number
}): string {
  const { tree, folder } = of
  return `
[global]
fsid = ${of.fsid}
mon host = [v2:127.0.0.1:${of.monitorPort}]
ms bind msgr1 = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = ${folder}
admin socket =
pid file =
log file = ${join(folder, 'log')}
mon cluster log file = ${join(folder, 'log')}
plugin dir = ${join(tree.libraries, 'ceph')}
erasure code dir = ${join(tree.libraries, 'ceph/erasure-code')}
osd class dir = ${join(tree.libraries, 'rados-classes')}

# On loopback no daemon has to prove who it is. The gateway asks for encryption all the same, which needs keys, and
# hangs for five minutes unless told not to.
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc

# One daemon holds everything once.
osd pool default size = 1
mon allow pool size one = true
osd pool default pg num = 8
osd pool default pg autoscale mode = off
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 1

# The waits of a cluster that spares its network: 1 s for each of a dozen maps, 5 s where a client missed one.
paxos propose interval = 0.05
paxos min wait = 0.01
objecter tick interval = 0.2

[mon]
mon data = ${join(folder, 'mon')}

[osd]
osd data = ${join(folder, 'osd')}
osd objectstore = memstore
memstore device bytes = 8G
memstore page set = false
osd max object name len = 460
osd max object namespace len = 64

[client.gateway]
rgw data = ${join(folder, 'gateway')}
rgw frontends = beast endpoint=127.0.0.1:${of.gatewayPort} tcp_nodelay=1
rgw dynamic resharding = false
rgw run sync thread = false
rgw thread pool size = 32
`
}

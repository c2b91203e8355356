/**
 * `npm test`: starts the S3 gateways that the tests want, runs tap, and always ends what it started.
 *
 *   npm test                      everything
 *   npm test -- test/io           files and folders, and any option of tap's own
 *   npm test -- --no-ceph         without the gateways: what needs them is skipped, with the reason
 *   npm test -- --no-browser      without the browser, likewise
 *   npm test -- --ffmpeg=trixie   with the ffmpeg and ffprobe of a Debian suite, fetched the first time
 *
 * Its first line tells which ffmpeg it is, its last one is `N passed, N failed`. In CI (`CI=true`) a gateway or an ffmpeg
 * that can't be had is a failure.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Report } from './report.js'
import { Ceph, type CephRelease } from './servers/ceph.js'
import { debianFfmpeg, ffmpegVersion } from './servers/debian-ffmpeg.js'
import { Unavailable } from './servers/debian-tree.js'
import { type Gateway, environmentOf } from './servers/environment.js'

const require = createRequire(import.meta.url)
const RELEASES: readonly CephRelease[] = [16, 20]

const print = (line: string) => void process.stdout.write(`${line}\n`)
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())

const OWN_OPTIONS = ['--no-ceph', '--no-browser']
const FFMPEG_OPTION = '--ffmpeg='
const args = process.argv.slice(2)
// tap itself finds the tests of a folder only in the languages that its plugins know.
const tapArgs = args
  .filter(arg => !OWN_OPTIONS.includes(arg) && !arg.startsWith(FFMPEG_OPTION))
  .flatMap(arg => (isFolder(arg) ? testsIn(arg) : [arg]))
const gateways: Gateway[] = []
const running: Ceph[] = []
let isFfmpegMissing = false
try {
  const ffmpeg = await ffmpegEnvironment()
  await startGateways()
  if (stop.signal.aborted || !(await runTap(ffmpeg))) process.exitCode = 1
} finally {
  await Promise.all(running.map(gateway => gateway.stop()))
}

/** The variables by which the library and the tests find the ffmpeg that was asked for: none where none was. */
async function ffmpegEnvironment(): Promise<NodeJS.ProcessEnv> {
  const suite = args.findLast(arg => arg.startsWith(FFMPEG_OPTION))?.slice(FFMPEG_OPTION.length)
  let missing = ''
  if (suite !== undefined) {
    try {
      const found = await debianFfmpeg(suite)
      print(`ffmpeg ${found.version} of Debian ${found.suite}, Node ${process.version}`)
      return { FFMPEG_PATH: found.ffmpegPath, FFPROBE_PATH: found.ffprobePath }
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      isFfmpegMissing = true
      missing = `; that of Debian ${suite} can't be had: ${error.message}`
    }
  }
  const path = process.env['FFMPEG_PATH'] || 'ffmpeg'
  const version = await ffmpegVersion(path).catch((error: unknown) => `is not there: ${String(error)}`)
  print(`ffmpeg ${version} (${path}), Node ${process.version}${missing}`)
  return {}
}

async function startGateways() {
  if (!wantGateways()) return
  if (args.includes('--no-ceph')) {
    gateways.push(...RELEASES.map(release => ({ release, missing: 'left out by --no-ceph' })))
    return
  }
  print('Starting Ceph (the first time, its packages are fetched) …')
  const started = await Promise.allSettled(RELEASES.map(release => startGateway(release)))
  for (const start of started) {
    if (start.status === 'rejected') throw start.reason
    gateways.push(start.value)
  }
}

async function startGateway(release: CephRelease): Promise<Gateway> {
  try {
    const ceph = await Ceph.start(release)
    running.push(ceph)
    const { version, endpoint, accessKeyId, secretAccessKey } = ceph
    return { release, version, endpoint, accessKeyId, secretAccessKey }
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    print(`Ceph ${release} is left out: ${error.message}.`)
    return { release, missing: error.message }
  }
}

/** Whether a test that is to be run imports the list of stores. */
function wantGateways(): boolean {
  const given = tapArgs.filter(arg => statSync(arg, { throwIfNoEntry: false })?.isFile())
  return (given.length === 0 ? testsIn('test') : given).some(file =>
    readFileSync(file, 'utf8').includes('support/stores.js'),
  )
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function testsIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter(name => name.endsWith('.test.ts')).map(name => join(folder, name))
}

/** Whether tap has been built with the plugin that package.json switches off. */
function isTapOutdated(): boolean {
  const built = join(dirname(require.resolve('@tapjs/test/package.json')), 'test-built/dist/esm/index.js')
  return readFileSync(built, 'utf8').includes('@tapjs/typescript')
}

async function runTap(ffmpeg: NodeJS.ProcessEnv): Promise<boolean> {
  const manifest = require.resolve('tap/package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { tap: string } }
  const program = join(dirname(manifest), bin.tap)
  if (isTapOutdated()) {
    // tap builds itself anew for other plugins, but only after it has chosen the loaders of that run: the first run
    // after an install would compile every file twice.
    print('Building tap …')
    await once(
      spawn(process.execPath, [program, 'build'], { stdio: ['ignore', 'ignore', 'inherit'] }),
      'close',
    )
  }
  const options = [
    '--reporter=tap',
    '--disable-coverage',
    // One more than there are processors: many a test waits for a clock or a server.
    `--jobs=${availableParallelism() + 1}`,
    // It finds what hangs; a busy machine may take its time.
    '--timeout=600',
  ]
  const tap = spawn(process.execPath, [program, ...options, ...tapArgs], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...ffmpeg,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      // Each file is a process, which loads the same packages: from Node 22 on they are compiled once.
      NODE_COMPILE_CACHE: join(tmpdir(), 'avio-streams-compiled'),
      ...environmentOf(gateways),
      ...(args.includes('--no-browser') && { AVIO_TEST_BROWSER: 'left out by --no-browser' }),
    },
  })
  const onStop = () => tap.kill('SIGTERM')
  stop.signal.addEventListener('abort', onStop)
  const report = new Report(print)
  tap.stdout.setEncoding('utf8').pipe(report.input)
  const [code] = (await once(tap, 'close')) as [number | null]
  const complete = process.env['CI'] !== 'true' || !(isAnyMissing() || isFfmpegMissing)
  if (!complete) print('\nA server or an ffmpeg that the tests want is missing, which in CI is a failure.')
  const succeeded = code === 0 && complete
  print(`\n${report.total(succeeded)}`)
  return succeeded
}

function isAnyMissing(): boolean {
  return !args.includes('--no-ceph') && gateways.some(gateway => 'missing' in gateway)
}

/**
 * `npm test`: compiles changed files, starts the S3 gateways that the tests need, runs the tests with tap, and always
 * stops what it started.
 *
 *   npm test                          everything
 *   npm test -- test/io               files and folders
 *   npm test -- --only                tap's own: --only, --grep=<pattern>, --bail; --jobs=<number>, --timeout=<seconds>
 *   npm test -- --under-load          beside one busy process for each processor
 *   npm test -- --other-versions      only tests that another Node or ffmpeg could affect
 *   npm test -- --between-versions    of those, the ones for versions between the oldest and the newest
 *   npm test -- --no-ceph             without the gateways: tests that need them are skipped, with the reason
 *   npm test -- --no-browser          without the browser, likewise
 *   npm test -- --no-surveys          without the tests of dozens of cases
 *   npm test -- --ffmpeg=trixie       with the ffmpeg and ffprobe of a Debian suite, fetched the first time
 *
 * The first line names the ffmpeg, the last one is `N passed, N failed`. In CI (`CI=true`) a missing gateway or ffmpeg
 * is a failure.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { parseArgs } from 'node:util'
import { RUN_FOLDER } from './once-a-run.js'
import { ROOT } from './program.js'
import { Report } from './report.js'
import { bundleCommand } from './run/bundle-command.js'
import { bundleTap } from './run/bundle-tap.js'
import { compile } from './run/compile.js'
import { Load } from './run/load.js'
import { Needs, type Plan, SURVEYS } from './run/needs.js'
import { SourcePlaces } from './run/source-places.js'
import { Ceph, type CephRelease } from './servers/ceph.js'
import { debianFfmpeg, ffmpegVersion } from './servers/debian-ffmpeg.js'
import { Unavailable } from './servers/debian-tree.js'
import { type Gateway, environmentOf } from './servers/environment.js'

const require = createRequire(import.meta.url)
const RELEASES: readonly CephRelease[] = [16, 20]

const print = (line: string) => void process.stdout.write(`${line}\n`)
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    bail: { type: 'boolean', default: false },
    'between-versions': { type: 'boolean', default: false },
    browser: { type: 'boolean', default: true },
    ceph: { type: 'boolean', default: true },
    ffmpeg: { type: 'string' },
    grep: { type: 'string', multiple: true, default: [] },
    // Two more than there are processors: many tests wait for a timer or a server.
    jobs: { type: 'string', default: String(availableParallelism() + 2) },
    only: { type: 'boolean', default: false },
    'other-versions': { type: 'boolean', default: false },
    surveys: { type: 'boolean', default: true },
    // Only for tests that hang; a busy machine may be slow.
    timeout: { type: 'string', default: '600' },
    'under-load': { type: 'boolean', default: false },
  },
})
const files = (positionals.length === 0 ? ['test'] : positionals).flatMap(path => testsIn(path)).sort()
const gateways: Gateway[] = []
const running: Ceph[] = []
let isFfmpegMissing = false
let load: Load | undefined
const runFolder = mkdtempSync(join(tmpdir(), 'avio-streams-run-'))
try {
  const ffmpeg = await ffmpegEnvironment()
  await compile()
  buildTap()
  await bundleTap()
  await bundleCommand()
  await startGateways()
  if (options['under-load']) load = new Load()
  if (stop.signal.aborted || !(await runTests(ffmpeg))) process.exitCode = 1
} finally {
  await Promise.all([load?.stop(), ...running.map(gateway => gateway.stop())])
  rmSync(runFolder, { recursive: true, force: true })
}

/** The variables that select the requested ffmpeg for the library and the tests; none by default. */
async function ffmpegEnvironment(): Promise<NodeJS.ProcessEnv> {
  const suite = options.ffmpeg
  let missing = ''
  if (suite !== undefined) {
    try {
      const found = await debianFfmpeg(suite)
      print(`ffmpeg ${found.version} of Debian ${found.suite}, Node ${process.version}`)
      return { FFMPEG_PATH: found.ffmpegPath, FFPROBE_PATH: found.ffprobePath }
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      isFfmpegMissing = true
      missing = `; the ffmpeg of Debian ${suite} is unavailable: ${error.message}`
    }
  }
  const path = process.env['FFMPEG_PATH'] || 'ffmpeg'
  const version = await ffmpegVersion(path).catch((error: unknown) => `does not run: ${String(error)}`)
  print(`ffmpeg ${version} (${path}), Node ${process.version}${missing}`)
  return {}
}

async function startGateways() {
  if (!wantGateways()) return
  if (!options.ceph) {
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

/** Whether a selected test imports the list of stores. */
function wantGateways(): boolean {
  return files.some(file => readFileSync(join(ROOT, file), 'utf8').includes('support/stores.js'))
}

/** The test files that a path selects, from the root. */
function testsIn(path: string): string[] {
  const full = resolve(path)
  const names = statSync(full).isDirectory()
    ? readdirSync(full, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.test.ts'))
    : ['']
  return names.map(name => relative(ROOT, join(full, name)).split(sep).join('/'))
}

/** Rebuilds tap if it still has the plugin that package.json switches off, which would compile every file. */
function buildTap() {
  const built = join(dirname(require.resolve('@tapjs/test/package.json')), 'test-built/dist/esm/index.js')
  if (!readFileSync(built, 'utf8').includes('@tapjs/typescript')) return
  print('Building tap …')
  const manifest = require.resolve('tap/package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { tap: string } }
  execFileSync(process.execPath, [join(dirname(manifest), bin.tap), 'build'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function runTests(ffmpeg: NodeJS.ProcessEnv): Promise<boolean> {
  // Imported only after tap is built.
  const { runPlan } = await import('./run/processes.js')
  const places = new SourcePlaces()
  const report = new Report(line => print(places.in(line)))
  const succeeded = await runPlan(plan(), {
    jobs: Number(options.jobs),
    timeout: Number(options.timeout),
    output: report.input,
    signal: stop.signal,
    env: {
      ...process.env,
      ...ffmpeg,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      // The processes load the same packages: since Node 22 they are compiled once.
      NODE_COMPILE_CACHE: join(tmpdir(), 'avio-streams-compiled'),
      // Lent memory that comes back is overwritten; on other versions the library runs as its users have it.
      AVIO_DEBUG_POISON: options['other-versions'] || options['between-versions'] ? '' : '1',
      [RUN_FOLDER]: runFolder,
      ...environmentOf(gateways),
      ...(!options.browser && { AVIO_TEST_BROWSER: 'left out by --no-browser' }),
      ...(options.only && { TAP_ONLY: '1' }),
      ...(options.bail && { TAP_BAIL: '1' }),
      ...(options.grep.length > 0 && { TAP_GREP: options.grep.join('\n') }),
    },
  })
  const complete = process.env['CI'] !== 'true' || !(isAnyMissing() || isFfmpegMissing)
  if (!complete) print('\nA server or an ffmpeg that the tests need is missing, which is a failure in CI.')
  print(`\n${report.total(succeeded && complete)}`)
  return succeeded && complete
}

/** A single file has its own process; a filter by test name must not select whole files. */
function plan(): Plan {
  const needs = new Needs()
  const chosen = files.filter(file => {
    if (!options.surveys && SURVEYS.test(file)) return false
    if (options['between-versions']) return needs.dependsOnVersionsBetween(file)
    return !options['other-versions'] || needs.dependsOnVersions(file)
  })
  const found = needs.plan(chosen)
  const isPicked = options.only || options.grep.length > 0
  return isPicked || chosen.length < 2 ? { together: [], beside: [], alone: chosen } : found
}

function isAnyMissing(): boolean {
  return options.ceph && gateways.some(gateway => 'missing' in gateway)
}

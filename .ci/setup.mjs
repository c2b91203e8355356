/**
 * Makes a fresh clone ready to run: npm packages, ffmpeg, `dist/`, and for the tests a browser, Redis and PostgreSQL;
 * then runs the command after `--`, with FFMPEG_PATH set to a fetched ffmpeg. Every package.json command that runs something goes through it;
 * if nothing is missing, it finishes at once.
 *
 * node .ci/setup.mjs --ffprobe --chromium --redis --postgres -- node --import tsx test/support/run.ts
 *
 * It runs before any package is installed, so it imports only Node's own modules. It never overrides the user's choice:
 * FFMPEG_PATH, FFPROBE_PATH, CHROMIUM_PATH, REDIS_PATH, POSTGRES_PATH and an ffmpeg on PATH take precedence.
 */
import { spawn, spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'

const root = path.dirname(import.meta.dirname)
const at = (...names) => path.join(root, ...names)
const say = line => process.stderr.write(`${line}\n`)

class SetupError extends Error {}

/** Runs a program in the repository and shows its output. Returns whether it exited with 0. */
function run(file, args, env = {}, timeout = undefined) {
  // A tool's output is not the requested command's output, so it goes to stderr.
  const { status } = spawnSync(file, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
    timeout,
  })
  return status === 0
}

/** Runs npm: the one that runs this script, if any. */
function npm(...args) {
  const cli = process.env.npm_execpath
  if (cli !== undefined && path.basename(cli).startsWith('npm')) return run(process.execPath, [cli, ...args])
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args)
}

// ------------------------------------------------------------------------------------------------ packages

/**
 * Whether node_modules matches package-lock.json. npm keeps a lock file of the installed packages; this compares their
 * content, because file times mean nothing after a clone, a copy or a switch of branches.
 */
function packagesAreInstalled() {
  const installedLock = at('node_modules', '.package-lock.json')
  if (!existsSync(installedLock)) return false
  const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages
  const installed = JSON.parse(readFileSync(installedLock, 'utf8')).packages
  return Object.entries(wanted).every(([name, { version, integrity, optional }]) => {
    if (name === '') return true
    const found = installed[name]
    if (found === undefined) return optional === true
    return found.version === version && found.integrity === integrity
  })
}

function installPackages() {
  if (packagesAreInstalled()) return
  say('Installing npm packages …')
  if (!npm('ci')) throw new SetupError('npm could not install the packages: see above.')
}

// -------------------------------------------------------------------------------------------------- ffmpeg

/** The full path of an executable program, looked up as a shell does. */
function onPath(program) {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter(folder => folder !== '')
    .map(folder => path.join(folder, process.platform === 'win32' ? `${program}.exe` : program))
    .find(file => {
      try {
        accessSync(file, constants.X_OK)
        return statSync(file).isFile()
      } catch {
        return false
      }
    })
}

function works(program) {
  return program !== undefined && spawnSync(program, ['-version'], { stdio: 'ignore' }).status === 0
}

/** Installs a package on Debian or Ubuntu as root. Returns whether it succeeded. */
function aptInstall(name) {
  if (process.getuid?.() !== 0 || onPath('apt-get') === undefined) return false
  say(`Installing ${name} …`)
  // Waits for another running apt, such as the system's own updates.
  const install = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', 'install', name]
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' }
  return (
    run('apt-get', ['-q', ...install], quiet) ||
    (run('apt-get', ['-q', 'update'], quiet) && run('apt-get', ['-q', ...install], quiet))
  )
}

/** Whether ffmpeg, or ffprobe, is in one of the places where the library looks for it. */
function programIsThere(program) {
  const variable = `${program.toUpperCase()}_PATH`
  const chosen = process.env[variable]
  if (chosen !== undefined && chosen !== '') {
    if (works(chosen)) return true
    throw new SetupError(`${variable} is ${chosen}, which does not run.`)
  }
  return works(onPath(program))
}

/** The cache of this user's downloads; test/support/servers/debian-tree.ts unpacks its trees there too. */
const cache = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'avio-streams')
/** Records fetched programs for later runs: paths by name. */
const fetched = path.join(cache, 'ffmpeg.json')

function fetchedBefore() {
  try {
    return JSON.parse(readFileSync(fetched, 'utf8'))
  } catch {
    return {}
  }
}

/** Installs npm's package with an ffmpeg binary; it has no ffprobe. An unreachable host is not an error. */
function ffmpegStatic(missing) {
  if (missing.includes('ffprobe')) return {}
  say('Installing the package ffmpeg-static …')
  const { peerDependencies } = JSON.parse(readFileSync(at('package.json'), 'utf8'))
  const making = mkdtempSync(path.join(cache, 'making-ffmpeg-static-'))
  const folder = path.join(cache, 'ffmpeg-static')
  try {
    const wanted = `ffmpeg-static@${peerDependencies['ffmpeg-static']}`
    // Runs the download script separately, so that it has a time limit.
    const isInstalled = npm('install', '--prefix', making, '--no-save', '--ignore-scripts', wanted)
    const script = path.join(making, 'node_modules', 'ffmpeg-static', 'install.js')
    if (isInstalled && run(process.execPath, [script], {}, 120_000)) {
      rmSync(folder, { recursive: true, force: true })
      renameSync(making, folder)
      return { ffmpeg: createRequire(path.join(folder, 'x.js'))('ffmpeg-static') }
    }
    say('The package ffmpeg-static could not be installed.')
    return {}
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

/** Unpacks this Debian's own packages into the cache and runs them from there: no root needed. */
function debianTree() {
  say("Unpacking Debian's ffmpeg into the cache …")
  const script = ['--import', 'tsx', at('test', 'support', 'servers', 'print-ffmpeg.ts')]
  const { status, stdout } = spawnSync(process.execPath, script, {
    ...{ cwd: root, stdio: ['ignore', 'pipe', 2], encoding: 'utf8' },
  })
  return status === 0 ? JSON.parse(stdout) : {}
}

/** Returns the variables that name fetched programs; none if the programs are found without. */
function provideFfmpeg(programs) {
  const missing = programs.filter(program => !programIsThere(program))
  if (missing.length === 0) return {}
  if (aptInstall('ffmpeg') && programs.every(programIsThere)) return {}
  mkdirSync(cache, { recursive: true })
  for (const fetch of [fetchedBefore, ffmpegStatic, debianTree]) {
    const paths = fetch(missing)
    if (!missing.every(program => works(paths[program]))) continue
    writeFileSync(fetched, `${JSON.stringify(paths)}\n`)
    return Object.fromEntries(missing.map(program => [`${program.toUpperCase()}_PATH`, paths[program]]))
  }
  throw new SetupError(
    `No ${missing.join(' and no ')} found. Install ffmpeg (Debian and Ubuntu: sudo apt-get install ffmpeg; ` +
      'macOS: brew install ffmpeg), or name the binaries by FFMPEG_PATH and FFPROBE_PATH.',
  )
}

// ------------------------------------------------------------------------------------------------- browser

/** Where the tests look for a browser: test/support/browser.ts has the same list. */
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome']

/** Browser tests need one. Without it, a message says so, and all other tests run. */
function installChromium() {
  const chosen = process.env.CHROMIUM_PATH
  if (chosen !== undefined && chosen !== '') {
    if (existsSync(chosen)) return
    throw new SetupError(`CHROMIUM_PATH is ${chosen}, which is not there.`)
  }
  const isThere = () => BROWSERS.some(name => onPath(name) !== undefined)
  if (isThere() || (aptInstall('chromium') && isThere())) return
  const missing =
    'No Chromium found; some tests play media in it. Install it (Debian: sudo apt-get install chromium), ' +
    'or name one by CHROMIUM_PATH.'
  if (process.env.CI === 'true') throw new SetupError(missing)
  say(missing)
}

// ------------------------------------------------------------------------------------------------- servers

/** Where Debian keeps PostgreSQL's programs: none of them is on PATH. */
const POSTGRES = '/usr/lib/postgresql'

/** Servers of queues that the tests start, by option: test/support/servers/ looks in the same places. */
const SERVERS = {
  redis: {
    variable: 'REDIS_PATH',
    package: 'redis-server',
    isThere: () => ['redis-server', 'valkey-server'].some(name => onPath(name) !== undefined),
  },
  postgres: {
    variable: 'POSTGRES_PATH',
    package: 'postgresql',
    isThere: () =>
      onPath('postgres') !== undefined || (existsSync(POSTGRES) && readdirSync(POSTGRES).length > 0),
  },
}

/** Debian starts a server with its package; the tests start their own. */
function withoutServices(install) {
  const policy = '/usr/sbin/policy-rc.d'
  if (process.getuid?.() !== 0 || existsSync(policy)) return install()
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return install()
  } finally {
    rmSync(policy, { force: true })
  }
}

/** Tests of queues need them. Without one, a message says so, and all other tests run. */
function installServer(name) {
  const { variable, package: debian, isThere } = SERVERS[name]
  const chosen = process.env[variable]
  if (chosen !== undefined && chosen !== '') {
    if (existsSync(chosen)) return
    throw new SetupError(`${variable} is ${chosen}, which is not there.`)
  }
  if (isThere() || (withoutServices(() => aptInstall(debian)) && isThere())) return
  // Unpacked without root; its first lines take some seconds, and later runs none.
  if (run(process.execPath, ['--import', 'tsx', at('test', 'support', 'servers', 'fetch-servers.ts'), name]))
    return
  const missing =
    `No ${debian} found, which keeps queues. Install it (Debian: sudo apt-get install ${debian}), ` +
    `or name its server by ${variable}.`
  if (process.env.CI === 'true') throw new SetupError(missing)
  say(missing)
}

// --------------------------------------------------------------------------------------------------- build

/** The newest modification time below `folder`; folders count, because a removal changes only them. */
function newest(folder) {
  const times = readdirSync(folder, { withFileTypes: true }).map(entry => {
    const full = path.join(folder, entry.name)
    return entry.isDirectory() ? newest(full) : statSync(full).mtimeMs
  })
  return Math.max(statSync(folder).mtimeMs, ...times)
}

function build() {
  const built = at('dist', 'index.js')
  const sources = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'].map(
    name => statSync(at(name)).mtimeMs,
  )
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(newest(at('lib')), ...sources)) return
  if (!npm('run', '--silent', 'build')) throw new SetupError('The library does not compile: see above.')
}

// ------------------------------------------------------------------------------------------------- command

/** Runs the command in place of this process, as closely as Node can. */
function become([file, ...args], env) {
  const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Ctrl-C in a terminal reaches the command directly.
    const isFromTerminal = signal === 'SIGINT' && process.stdin.isTTY
    process.on(signal, () => isFromTerminal || child.kill(signal))
  }
  child.once('error', error => {
    say(String(error))
    process.exitCode = 1
  })
  child.once('exit', (code, signal) => (process.exitCode = code ?? 128 + os.constants.signals[signal]))
}

const words = process.argv.slice(2)
const end = words.includes('--') ? words.indexOf('--') : words.length
const options = words.slice(0, end)
const command = words.slice(end + 1)

try {
  installPackages()
  // The tests need ffprobe to inspect ffmpeg's output; the library itself needs only ffmpeg.
  const env = provideFfmpeg(options.includes('--ffprobe') ? ['ffmpeg', 'ffprobe'] : ['ffmpeg'])
  if (options.includes('--chromium')) installChromium()
  for (const name of Object.keys(SERVERS)) if (options.includes(`--${name}`)) installServer(name)
  build()
  if (command.length > 0) become(command, env)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  say(error.message)
  process.exitCode = 1
}

/**
 * Makes a fresh clone ready to run: npm packages, ffmpeg, `dist/`, and for the tests a browser. Every command of
 * package.json that runs something starts with it, and where nothing is missing it is done in a blink.
 *
 * It runs before any package is there, so it imports nothing but Node. It never replaces what the user chose:
 * FFMPEG_PATH, FFPROBE_PATH, CHROMIUM_PATH and an ffmpeg on PATH are taken as they are.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

const root = path.dirname(import.meta.dirname)
const at = (...names) => path.join(root, ...names)
const say = line => process.stderr.write(`${line}\n`)

class SetupError extends Error {}

/** Runs a program in the repository, its output shown as ours. Returns whether it exited with 0. */
function run(file, args, env = {}) {
  // What a tool says on the way is not the answer of the command that was asked for: it goes to stderr.
  const { status } = spawnSync(file, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  })
  return status === 0
}

/** npm itself, the one that runs us where there is one. */
function npm(...args) {
  const cli = process.env.npm_execpath
  if (cli !== undefined && path.basename(cli).startsWith('npm')) return run(process.execPath, [cli, ...args])
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args)
}

// ------------------------------------------------------------------------------------------------ packages

/**
 * Whether node_modules holds what package-lock.json asks for. npm keeps a lock file of what it has installed: the two
 * are compared by content, since a clone, a copy or a switch of branches says nothing by its file times.
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

/** The full path of a program that can be run, looked for as a shell does. */
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

/** Installs a package of Debian or Ubuntu, where this is one and we are root. Returns whether that went well. */
function aptInstall(name) {
  if (process.getuid?.() !== 0 || onPath('apt-get') === undefined) return false
  say(`Installing ${name} …`)
  // Another apt at work, such as the system's own updates, is waited for.
  const install = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', 'install', name]
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' }
  return (
    run('apt-get', ['-q', ...install], quiet) ||
    (run('apt-get', ['-q', 'update'], quiet) && run('apt-get', ['-q', ...install], quiet))
  )
}

/** Whether ffmpeg can be had in one of the places where the library looks for it; the same for ffprobe. */
function programIsThere(program) {
  const variable = `${program.toUpperCase()}_PATH`
  const chosen = process.env[variable]
  if (chosen !== undefined && chosen !== '') {
    if (works(chosen)) return true
    throw new SetupError(`${variable} is ${chosen}, which does not run.`)
  }
  return works(onPath(program))
}

function installFfmpeg(programs) {
  const missing = programs.filter(program => !programIsThere(program))
  if (missing.length === 0) return
  if (aptInstall('ffmpeg') && programs.every(programIsThere)) return
  throw new SetupError(
    `No ${missing.join(' and no ')} found. Install ffmpeg (Debian and Ubuntu: sudo apt-get install ffmpeg; ` +
      'macOS: brew install ffmpeg), or name the binaries by FFMPEG_PATH and FFPROBE_PATH.',
  )
}

// ------------------------------------------------------------------------------------------------- browser

/** Where the tests look for a browser: test/support/browser.ts has the same list. */
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome']

/** The tests of what a browser plays need one. Whoever has none is told, and can run all the others. */
function installChromium() {
  const chosen = process.env.CHROMIUM_PATH
  if (chosen !== undefined && chosen !== '') {
    if (existsSync(chosen)) return
    throw new SetupError(`CHROMIUM_PATH is ${chosen}, which is not there.`)
  }
  const isThere = () => BROWSERS.some(name => onPath(name) !== undefined)
  if (isThere() || (aptInstall('chromium') && isThere())) return
  const missing =
    'No Chromium found, which some tests play media in. Install it (Debian: sudo apt-get install chromium), ' +
    'or name one by CHROMIUM_PATH.'
  if (process.env.CI === 'true') throw new SetupError(missing)
  say(missing)
}

// --------------------------------------------------------------------------------------------------- build

/** When the newest file below `folder` was written; a folder counts too, since a removal changes only that. */
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

try {
  installPackages()
  // The tests measure what ffmpeg made with ffprobe; to use the library, ffmpeg is enough.
  installFfmpeg(process.argv.includes('--ffprobe') ? ['ffmpeg', 'ffprobe'] : ['ffmpeg'])
  if (process.argv.includes('--chromium')) installChromium()
  build()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  say(error.message)
  process.exitCode = 1
}

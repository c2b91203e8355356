import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

/** Finds and starts the Chromium of this machine. */

/** Names on PATH; `.ci/setup.mjs` has the same list. */
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome']

const ARGS = [
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
]

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The path of the program; `undefined` if there is none. `CHROMIUM_PATH` overrides the search. */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH, PATH = '' } = process.env
  if (CHROMIUM_PATH !== undefined && CHROMIUM_PATH !== '') return CHROMIUM_PATH
  const folders = PATH.split(delimiter).filter(folder => folder !== '')
  return PROGRAMS.flatMap(name => folders.map(folder => join(folder, name))).find(isProgram)
}

/** How long starting may take on a busy machine, in milliseconds. */
const TIMEOUT = 120_000

/** Starts it without a window. */
export function startChromium(more: readonly string[] = []): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error('no Chromium found')
  return chromium.launch({
    executablePath,
    args: [...ARGS, ...more],
    chromiumSandbox: false,
    timeout: TIMEOUT,
  })
}

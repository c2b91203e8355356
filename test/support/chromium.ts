import { type Browser, chromium } from 'playwright-core'
import { findProgram } from './find-program.js'

/** Finds and starts the Chromium of this machine. */

/** Names on PATH; `.ci/setup.mjs` has the same list. */
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome']

const ARGS = [
  ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required'],
]

/** The path of the program; `undefined` if there is none. `CHROMIUM_PATH` overrides the search. */
export function findChromium(): string | undefined {
  return findProgram({ variable: 'CHROMIUM_PATH', names: PROGRAMS })
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

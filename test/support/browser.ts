import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, type Page, chromium } from 'playwright-core'
import t, { type Test } from 'tap'

/**
 * A headless Chromium for the tests of what a browser plays: one for each test file, started by the first test that
 * opens a page, and gone with the file.
 *
 * ```ts
 * t.test('it plays', { skip: noBrowser }, async t => {
 *   const page = await openPage(t, 'http://127.0.0.1:…')
 * ```
 */

/** Where it is looked for on PATH; `.ci/setup.mjs` has the same list. */
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

function findChromium(): string | undefined {
  const { CHROMIUM_PATH, PATH = '' } = process.env
  if (CHROMIUM_PATH !== undefined && CHROMIUM_PATH !== '') return CHROMIUM_PATH
  const folders = PATH.split(delimiter).filter(folder => folder !== '')
  return PROGRAMS.flatMap(name => folders.map(folder => join(folder, name))).find(isProgram)
}

const executablePath = findChromium()

const MISSING =
  executablePath === undefined && process.env['CI'] !== 'true'
    ? 'no Chromium found: install it (Debian: sudo apt-get install chromium), or name it by CHROMIUM_PATH'
    : false

/**
 * Why the tests with a browser are skipped: the run leaves them out, or there is none; `false` where there is one, and
 * in CI, where they then fail.
 */
export const noBrowser: string | false = process.env['AVIO_TEST_BROWSER'] ?? MISSING

let started: Promise<Browser> | undefined

async function start(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('no Chromium found')
  const browser = await chromium.launch({ executablePath, args: ARGS, chromiumSandbox: false })
  t.teardown(() => browser.close())
  return browser
}

/** Opens a page with nothing kept from others, and closes it with the test; an error of a script in it fails the test. */
export async function openPage(t: Test, url: string): Promise<Page> {
  const browser = await (started ??= start())
  const context = await browser.newContext()
  t.teardown(() => context.close())
  const page = await context.newPage()
  page.on('pageerror', error => t.fail(`the page threw ${error.message}`))
  await page.goto(url)
  return page
}

import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { findChromium, startChromium } from './chromium.js'

/**
 * A headless Chromium for the tests of what a browser plays: one for each test file, started by the first test that
 * opens a page, and gone with the file.
 *
 * ```ts
 * t.test('it plays', { skip: noBrowser }, async t => {
 *   const page = await openPage(t, 'http://127.0.0.1:…')
 * ```
 */

const MISSING =
  findChromium() === undefined && process.env['CI'] !== 'true'
    ? 'no Chromium found: install it (Debian: sudo apt-get install chromium), or name it by CHROMIUM_PATH'
    : false

/**
 * Why the tests with a browser are skipped: the run leaves them out, or there is none; `false` where there is one, and
 * in CI, where they then fail.
 */
export const noBrowser: string | false = process.env['AVIO_TEST_BROWSER'] ?? MISSING

let started: Promise<Browser> | undefined

async function start(): Promise<Browser> {
  const browser = await startChromium()
  t.teardown(() => browser.close())
  return browser
}

/** Opens a page with nothing kept from others, and closes it with the test; an error of a script in it fails the test. */
export async function openPage(t: Test, url: string): Promise<Page> {
  const browser = await (started ??= start())
  const context = await browser.newContext()
  t.teardown(() => context.close())
  // tap's own limit is the only one: how long a page takes is the machine's affair.
  context.setDefaultTimeout(0)
  const page = await context.newPage()
  // The test has the video play when it looks: see `Playback`.
  await page.addInitScript(`addEventListener('DOMContentLoaded', () => {
    for (const video of document.querySelectorAll('video')) video.autoplay = false
  })`)
  page.on('pageerror', error => t.fail(`the page threw ${error.message}`))
  await page.goto(url)
  return page
}

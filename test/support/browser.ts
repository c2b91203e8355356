import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { findChromium, startChromium } from './chromium.js'

/**
 * A headless Chromium for playback tests: one per test file, started by the first test that opens a page and closed with the file.
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
 * Why browser tests are skipped: the run leaves them out, or there is no browser. `false` if there is one, and in CI,
 * where they fail without one.
 */
export const noBrowser: string | false = process.env['AVIO_TEST_BROWSER'] ?? MISSING

let started: Promise<Browser> | undefined

async function start(): Promise<Browser> {
  const browser = await startChromium()
  t.teardown(() => browser.close())
  return browser
}

/** Opens a page with fresh storage and closes it after the test; a script error in the page fails the test. */
export async function openPage(t: Test, url: string): Promise<Page> {
  const browser = await (started ??= start())
  const context = await browser.newContext()
  t.teardown(() => context.close())
  // No time limit except tap's own: a page may be slow on a busy machine.
  context.setDefaultTimeout(0)
  const page = await context.newPage()
  // The video plays only while the test watches: see `Playback`.
  await page.addInitScript(`addEventListener('DOMContentLoaded', () => {
    for (const video of document.querySelectorAll('video')) video.autoplay = false
  })`)
  page.on('pageerror', error => t.fail(`the page threw ${error.message}`))
  await page.goto(url)
  return page
}

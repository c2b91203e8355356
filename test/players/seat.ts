import type { Browser, BrowserContext, Page } from 'playwright-core'
import { within } from './rounds.js'

/** How long a browser may take to close a page, in seconds. */
const PUT_AWAY = 15

/** Runs one play after another in one browser context, which caches the compiled players. */
export class Seat {
  readonly #browser: () => Promise<Browser>
  #context: Promise<BrowserContext> | undefined

  /** @param browser - the running browser */
  constructor(browser: () => Promise<Browser>) {
    this.#browser = browser
  }

  async page(): Promise<Page> {
    this.#context ??= this.#browser().then(browser =>
      browser.newContext({ viewport: { width: 200, height: 120 } }),
    )
    return (await this.#context).newPage()
  }

  /** Closes the context; the next page gets a new one. */
  async clear(): Promise<void> {
    const context = this.#context
    this.#context = undefined
    // The context of a dead browser is already closed.
    await within(
      PUT_AWAY,
      Promise.resolve(context).then(own => own?.close()),
    ).catch(() => undefined)
  }
}

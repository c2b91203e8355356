import type { Browser, BrowserContext, Page } from 'playwright-core'
import { within } from './rounds.js'

/** How long a browser may take to put a page away, in seconds. */
const PUT_AWAY = 15

/** Where plays go on one after the other: the browser keeps the compiled players. */
export class Seat {
  readonly #browser: () => Promise<Browser>
  #context: Promise<BrowserContext> | undefined

  /** @param browser - the one that runs */
  constructor(browser: () => Promise<Browser>) {
    this.#browser = browser
  }

  async page(): Promise<Page> {
    this.#context ??= this.#browser().then(browser =>
      browser.newContext({ viewport: { width: 200, height: 120 } }),
    )
    return (await this.#context).newPage()
  }

  /** Puts all of it away; the next page is of a new one. */
  async clear(): Promise<void> {
    const context = this.#context
    this.#context = undefined
    // One whose browser has died is away.
    await within(
      PUT_AWAY,
      Promise.resolve(context).then(own => own?.close()),
    ).catch(() => undefined)
  }
}

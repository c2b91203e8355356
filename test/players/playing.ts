import type { Browser, BrowserContext } from 'playwright-core'
import { MemoryStorage } from '../support/hls.js'
import { startChromium } from '../support/chromium.js'
import type { Files } from './file-judges.js'
import type { PlayerJudge } from './judges.js'
import { type Kind, type Output, isGrowing, make } from './kind.js'
import type { Observation } from './observation.js'
import { Shelf } from './shelf.js'
import { FRAME_RATE } from './sources.js'
import type { SoundTruth } from './sound-truth.js'

/** How fast media is played that is there as a whole. */
const RATE = 4

/** Keeps the decoders of pages that are not in front going. */
const ALL_IN_FRONT = [
  ...['--disable-background-timer-throttling', '--disable-renderer-backgrounding'],
  '--disable-backgrounding-occluded-windows',
]

/** A browser, and a server of what it plays. */
export class Stage {
  readonly #outputs = new Map<string, Promise<{ output: Output; storage: MemoryStorage; url: string }>>()

  private constructor(
    private readonly shelf: Shelf,
    private readonly browser: Browser,
  ) {}

  static async open(): Promise<Stage> {
    return new Stage(await Shelf.open(), await startChromium(ALL_IN_FRONT))
  }

  async close(): Promise<void> {
    await this.browser.close()
    await this.shelf.close()
  }

  /** One seat: plays go on in it one after the other, and the browser keeps the compiled players. */
  seat(): Promise<BrowserContext> {
    return this.browser.newContext({ viewport: { width: 200, height: 120 } })
  }

  /** What was packaged of a kind; what grows, grows for one judge at a time. */
  #output(kind: Kind, judge: string) {
    const id = isGrowing(kind) ? `${kind.name} ${judge}` : kind.name
    let own = this.#outputs.get(id)
    if (!own) {
      const storage = new MemoryStorage()
      own = make(kind, storage).then(output => ({
        output,
        storage,
        url: this.shelf.put(id.replaceAll(' ', '-'), storage),
      }))
      this.#outputs.set(id, own)
    }
    return own
  }

  /** The files of a kind, when all are there. */
  async files(kind: Kind): Promise<Files> {
    const grown = [...this.#outputs.keys()].find(id => id.startsWith(`${kind.name} `))
    const { output, storage } = await this.#output(kind, grown?.slice(kind.name.length + 1) ?? 'files')
    const { presentation } = await output.whole
    return { storage, presentation }
  }

  /** Plays a kind with a player. */
  async play(
    seat: BrowserContext,
    kind: Kind,
    judge: PlayerJudge,
  ): Promise<{ seen: Observation; truth: SoundTruth }> {
    const { output, url } = await this.#output(kind, judge.name)
    await output.playable
    const page = await seat.newPage()
    const thrown: string[] = []
    page.on('pageerror', error => thrown.push(`the page threw ${error.message}`))
    await page.goto(this.shelf.url)
    const { shown } = kind
    const plan = {
      ...{ player: judge.player, src: `${url}/${judge.manifest}`, hasPictures: shown !== undefined },
      ...{ rate: isGrowing(kind) ? 1 : RATE, isGrowing: isGrowing(kind) },
      ...{ switches: kind.switches === true, sounds: kind.sounds === true },
      // Far ahead of what is loaded, back, and near to the end.
      firstNumber: (shown?.[0] ?? 0) * FRAME_RATE,
      seeks: shown === undefined ? [] : [8.3, 3.1, shown[1] - shown[0] - 0.1],
    }
    const seen = await page.evaluate<Observation>(`judge(${JSON.stringify(plan)})`)
    await page.close()
    return { seen: { ...seen, errors: [...seen.errors, ...thrown] }, truth: output.truth }
  }
}

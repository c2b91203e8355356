import type { Browser } from 'playwright-core'
import { MemoryStorage } from '../support/hls.js'
import { startChromium } from '../support/chromium.js'
import type { Files } from './file-judges.js'
import type { PlayerJudge } from './judges.js'
import { type Kind, type Material, type Output, isGrowing, make, materialOf } from './kind.js'
import type { Observation } from './observation.js'
import { within } from './rounds.js'
import { Seat } from './seat.js'
import { Shelf } from './shelf.js'
import { FRAME_RATE } from './sources.js'
import type { SoundTruth } from './sound-truth.js'

/** The playback rate of finished media. */
const RATE = 4

/** Keeps the decoders of background pages running. */
const ALL_IN_FRONT = [
  ...['--disable-background-timer-throttling', '--disable-renderer-backgrounding'],
  '--disable-backgrounding-occluded-windows',
]

/** A page's observation, and the places of the beeps in its media. */
export interface Played {
  readonly seen: Observation
  readonly truth: SoundTruth
}

/** The packages of each kind, made once, or anew for each play. */
interface Served {
  readonly output: Output
  readonly storage: MemoryStorage
  readonly url: string
}

/** A browser, and a server for its media. */
export class Stage {
  readonly #shelf: Shelf
  readonly #materials = new Map<string, Promise<Material>>()
  readonly #outputs = new Map<string, Promise<Served>>()
  #outputCount = 0
  #browser: Promise<Browser> | undefined

  private constructor(shelf: Shelf) {
    this.#shelf = shelf
  }

  static async open(): Promise<Stage> {
    return new Stage(await Shelf.open())
  }

  async close(): Promise<void> {
    await (await this.#browser)?.close()
    await this.#shelf.close()
  }

  seat(): Seat {
    return new Seat(() => (this.#browser ??= this.#start()))
  }

  /** The files of a kind, once complete. */
  async files(kind: Kind): Promise<Files> {
    const { output, storage } = await this.#output(kind, false)
    const { presentation } = await output.whole
    return { storage, presentation }
  }

  /**
   * Plays a kind with a player.
   *
   * @param seconds - the time limit. A play that exceeds it, or a browser that dies, is an error; afterwards the seat
   *   is a new one
   */
  async play(seat: Seat, kind: Kind, judge: PlayerJudge, seconds: number): Promise<Played> {
    try {
      return await within(seconds, this.#play(seat, kind, judge))
    } catch (error) {
      await seat.clear()
      throw error
    }
  }

  /** Starts a browser, and replaces one that has died. */
  async #start(): Promise<Browser> {
    const forget = () => (this.#browser = undefined)
    try {
      const browser = await startChromium(ALL_IN_FRONT)
      browser.once('disconnected', forget)
      return browser
    } catch (error) {
      forget()
      throw error
    }
  }

  /** The package of a kind; a growing one starts anew for each play. */
  #output(kind: Kind, isAnew: boolean): Promise<Served> {
    return kept(this.#outputs, kind.name, isAnew, async () => {
      const material = await kept(this.#materials, kind.name, false, () => materialOf(kind))
      const storage = new MemoryStorage()
      const url = this.#shelf.put(`${kind.name}-${++this.#outputCount}`, storage)
      const output = make(kind, material, storage)
      await output.playable
      return { output, storage, url }
    })
  }

  async #play(seat: Seat, kind: Kind, judge: PlayerJudge): Promise<Played> {
    const { url } = await this.#output(kind, isGrowing(kind))
    const { truth } = (await this.#materials.get(kind.name))!
    const page = await seat.page()
    const thrown: string[] = []
    page.on('pageerror', error => thrown.push(`the page threw ${error.message}`))
    await page.goto(this.#shelf.url, { timeout: 0 })
    const { shown } = kind
    const plan = {
      ...{ player: judge.player, src: `${url}/${judge.manifest}`, hasPictures: shown !== undefined },
      ...{ rate: isGrowing(kind) ? 1 : RATE, isGrowing: isGrowing(kind) },
      ...{ switches: kind.switches === true, sounds: kind.sounds === true },
      // Far ahead of the buffered range, back, and close to the end.
      firstNumber: (shown?.[0] ?? 0) * FRAME_RATE,
      seeks: shown === undefined ? [] : [8.3, 3.1, shown[1] - shown[0] - 0.1],
    }
    const seen = await page.evaluate<Observation>(`judge(${JSON.stringify(plan)})`)
    await page.close()
    return { seen: { ...seen, errors: [...seen.errors, ...thrown] }, truth }
  }
}

/** Returns the cached value of a name, or makes it, or makes it anew; failures are not cached. */
function kept<T>(
  all: Map<string, Promise<T>>,
  name: string,
  isAnew: boolean,
  made: () => Promise<T>,
): Promise<T> {
  const old = isAnew ? undefined : all.get(name)
  if (old) return old
  const own = made()
  all.set(name, own)
  own.catch(() => {
    if (all.get(name) === own) all.delete(name)
  })
  return own
}

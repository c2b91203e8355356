import type { SingleBar } from 'cli-progress'
import { titledBars } from './titled-bars.js'

/** A live bar for the batch and one for the film; without a terminal, a line now and then. */
export class FarmBars {
  readonly #isLive = process.stderr.isTTY
  readonly #bars = titledBars()
  readonly #objects: SingleBar | undefined
  readonly #film: SingleBar | undefined
  #said = 0

  constructor(private readonly count: number) {
    if (!this.#isLive) return
    this.#objects = this.#bars.create(count, 0, { title: 'objects', text: '' })
    this.#film = this.#bars.create(100, 0, { title: 'film   ', text: 'waits' })
  }

  objects(done: number): void {
    this.#objects?.update(done, { text: `${done} of ${this.count}` })
    // A line for each quarter.
    if (this.#isLive || done < this.#said + this.count / 4) return
    this.#said = done
    console.log(`${done} of ${this.count} objects`)
  }

  film(percent: number, text: string): void {
    this.#film?.update(percent, { text })
  }

  /** A line above the bars. */
  says(line: string): void {
    if (this.#isLive) this.#bars.log(`${line}\n`)
    else console.log(line)
  }

  stop(): void {
    this.#bars.stop()
  }
}

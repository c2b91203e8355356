import type { SingleBar } from 'cli-progress'
import type { SplitPlan } from 'avio-streams/job'
import type { Piece } from './split-worker.js'
import { titledBars } from './titled-bars.js'

/** `chunk 2`, as people count. */
export function pieceTitle(piece: Piece): string {
  return piece === 'audio' ? piece : `chunk ${piece + 1}`
}

/** A live bar for each piece of a plan with the name of its worker; without a terminal, a line for each event. */
export class PieceBars {
  readonly #isLive = process.stderr.isTTY
  readonly #bars = titledBars()
  readonly #pieces = new Map<Piece, SingleBar>()

  constructor({ chunks, audio }: SplitPlan) {
    if (!this.#isLive) return
    chunks.forEach(({ start, end }, n) => this.#add(n, end - start))
    if (audio !== undefined) this.#add('audio', 1)
  }

  #add(piece: Piece, total: number): void {
    const title = pieceTitle(piece).padEnd(8)
    this.#pieces.set(piece, this.#bars.create(total, 0, { title, text: 'waits' }))
  }

  begins(piece: Piece, worker: string): void {
    this.#pieces.get(piece)?.update(0, { text: worker })
    if (!this.#isLive) console.log(`${worker} takes ${pieceTitle(piece)}`)
  }

  draws(piece: Piece, frames: number): void {
    this.#pieces.get(piece)?.update(frames)
  }

  ends(piece: Piece, worker: string): void {
    const bar = this.#pieces.get(piece)
    bar?.update(bar.getTotal(), { text: `${worker}, done` })
    if (!this.#isLive) console.log(`${worker} has encoded ${pieceTitle(piece)}`)
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

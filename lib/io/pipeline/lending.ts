import type { Readable } from 'node:stream'
import { isSoleConsumer } from './link.js'

/** Tells whether chunks will be given back; asked before each push. */
export type GivesBack = () => boolean

/**
 * Whether the chunks of a readable stage may be lent: if a stage of ours is its only consumer and gives them back.
 *
 * Other consumers are looked for twice. At each push of the stage that made the chunk: a second pipe, or a listener
 * that was there before the pipe. And whenever somebody begins to listen, or the consumer changes: chunks that wait in
 * the stage's buffer may reach others, so nothing that is out is used again. That holds for stages that pass chunks on
 * as well, so they need not look at each.
 */
export class Lending {
  readonly #stage: Readable
  readonly #onKeep: () => void
  #givesBack: GivesBack | undefined

  /**
   * @param stage - its consumers are watched
   * @param onKeep - called when chunks that are in the stage must not be used again
   */
  constructor(stage: Readable, onKeep: () => void) {
    this.#stage = stage
    this.#onKeep = onKeep
    stage.on('newListener', (event: string | symbol) => {
      if (event === 'data' || event === 'readable') onKeep()
    })
  }

  /** Whether the only consumer of a chunk that is pushed now will give it back. */
  get isOn(): boolean {
    return this.#givesBack?.() === true && isSoleConsumer(this.#stage)
  }

  /** The stage has a new consumer, which gives chunks back or, without `givesBack`, does not. */
  readonly lendTo = (givesBack?: GivesBack): void => {
    this.#givesBack = givesBack
    this.#onKeep()
  }
}

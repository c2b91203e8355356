import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import type { PieceProgress, PieceResult, SplitPlan } from 'avio-streams/job'

/** A chunk by its number, or the audio. */
export type Piece = number | 'audio'

/** What a worker says. */
interface Message {
  readonly progress?: PieceProgress
  readonly result?: PieceResult
  readonly error?: string
}

/** A process that encodes one piece of a plan after the other. */
export class SplitWorker {
  readonly #child: ChildProcess

  constructor(
    readonly name: string,
    private readonly plan: SplitPlan,
    private readonly config: S3ClientConfig,
  ) {
    this.#child = fork(fileURLToPath(new URL('split-worker.mjs', import.meta.url)), { execArgv: [] })
  }

  get pid(): number {
    return this.#child.pid!
  }

  /**
   * Encodes a piece. Returns `undefined` if the process was killed meanwhile.
   *
   * @param standsStill - whether it does nothing any more after its first progress report
   */
  async encode(
    piece: Piece,
    standsStill: boolean,
    onProgress: (progress: PieceProgress) => void,
  ): Promise<PieceResult | undefined> {
    const child = this.#child
    const { plan, config } = this
    const ended = new AbortController()
    try {
      return await new Promise((resolve, reject) => {
        const { signal } = ended
        const onMessage = ({ progress, result, error }: Message) => {
          if (progress !== undefined) onProgress(progress)
          if (result !== undefined) resolve(result)
          if (error !== undefined) reject(new Error(`${this.name}: ${error}`))
        }
        child.on('message', onMessage)
        signal.addEventListener('abort', () => child.off('message', onMessage))
        once(child, 'exit', { signal }).then(([code, killer]) => {
          if (killer === 'SIGKILL') resolve(undefined)
          else reject(new Error(`${this.name} ended with ${String(killer ?? code)}`))
        }, reject)
        child.send({ config, plan, piece, standsStill })
      })
    } finally {
      ended.abort()
    }
  }

  /** As a machine that loses its power. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Ends the process, unless it has ended. */
  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null) return
    const exited = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    await exited
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'

/** Ends by itself when its parent is gone, for any reason. */
const SPIN = 'const { ppid } = process; while (process.ppid === ppid);'

/** Starts a busy process for each processor, to reveal tests that rely on an idle machine. */
export class Load {
  readonly #processes: readonly ChildProcess[]

  constructor() {
    this.#processes = Array.from({ length: availableParallelism() }, () =>
      spawn(process.execPath, ['--eval', SPIN], { stdio: 'ignore' }),
    )
  }

  /** Stops them. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#processes.map(async child => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill('SIGKILL')
        await once(child, 'exit')
      }),
    )
  }
}

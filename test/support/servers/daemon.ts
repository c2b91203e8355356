import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** How long a server may take to answer, in milliseconds; the machine may be busy. */
const START_TIMEOUT = 120_000

/** A command under `setpriv`, as a user without rights if one is given. */
export function asUser(
  user: number | undefined,
  [file, args]: readonly [file: string, args: readonly string[]],
  more: readonly string[] = [],
): [file: string, args: string[]] {
  const who = user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups']
  return ['setpriv', [...more, ...who, file, ...args]]
}

/** How a server is started. */
export interface DaemonPlan {
  /** For messages: `redis-server`. */
  readonly name: string
  /** The program and its arguments; it stays in the foreground. */
  readonly command: readonly [file: string, args: readonly string[]]
  readonly cwd: string
  /** The number of the user to run it as; only root can choose one. */
  readonly user?: number | undefined
  /** Ends it at once, without losing what it has confirmed. */
  readonly end: NodeJS.Signals
  /** Resolves if it answers, and rejects if it does not yet. */
  readonly ping: () => Promise<unknown>
}

/**
 * A server of a test: a child process in the foreground, which the kernel ends if this process dies without a chance to
 * clean up.
 */
export class Daemon {
  readonly #plan: DaemonPlan
  #child: ChildProcess
  #log = ''

  private constructor(plan: DaemonPlan) {
    this.#plan = plan
    this.#child = this.#spawn()
  }

  /** Starts it, and waits until it answers. */
  static async start(plan: DaemonPlan): Promise<Daemon> {
    const daemon = new Daemon(plan)
    await daemon.#ready()
    return daemon
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Ends it at once and starts it again, after what happens while it is gone. */
  async restart(whileGone?: () => Promise<unknown>): Promise<void> {
    await this.stop()
    await whileGone?.()
    this.#child = this.#spawn()
    await this.#ready()
  }

  /** Sends a signal to the process. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ends it at once; also if it is stopped by SIGSTOP or has ended. */
  async stop(): Promise<void> {
    if (this.#hasEnded()) return
    const closed = once(this.#child, 'close')
    this.#child.kill(this.#plan.end)
    this.#child.kill('SIGCONT')
    await closed
  }

  #spawn(): ChildProcess {
    const { command, cwd, user, end } = this.#plan
    const [file, args] = asUser(user, command, ['--pdeathsig', end.slice(3)])
    const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#log = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#log = (this.#log + text).slice(-4000)))
    }
    // A machine without setpriv is found by the check for an end.
    child.on('error', error => (this.#log += String(error)))
    return child
  }

  async #ready(): Promise<void> {
    const { name, ping } = this.#plan
    const end = performance.now() + START_TIMEOUT
    for (;;) {
      const error = await ping().then(
        () => undefined,
        (error: unknown) => error as Error,
      )
      if (error === undefined) return
      if (this.#hasEnded() || performance.now() > end) {
        await this.stop()
        throw new Error(`${name} did not start: ${this.#log.trim()}`, { cause: error })
      }
      await delay(20)
    }
  }

  #hasEnded(): boolean {
    const { pid, exitCode, signalCode } = this.#child
    return pid === undefined || exitCode !== null || signalCode !== null
  }
}

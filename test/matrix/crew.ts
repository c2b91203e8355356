import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Job, Told } from './fault.js'

/** A process that runs cells one after another. A hanging cell costs only its own process. */
export class Worker {
  readonly #child: ChildProcess
  readonly #stderr: string[] = []
  #acted: (() => void) | undefined

  private constructor() {
    this.#child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), [], {
      execArgv: ['--import=tsx'],
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr.push(text)
      this.#stderr.splice(0, this.#stderr.length - 20)
    })
    this.#child.on('message', message => message === 'acted' && this.#acted?.())
  }

  /** Starts one. */
  static async start(): Promise<Worker> {
    const worker = new Worker()
    await once(worker.#child, 'message')
    return worker
  }

  /** Its process. */
  get pid(): number {
    return this.#child.pid!
  }

  /** Its stderr since the last call. */
  said(): string {
    return this.#stderr.splice(0).join('').trim()
  }

  /** Triggers the caller's action; resolves when it is done. */
  async act(): Promise<void> {
    if (!this.#child.connected) return
    const acted = new Promise<void>(resolve => (this.#acted = resolve))
    this.#child.send('act')
    await acted
  }

  /**
   * Runs one cell.
   *
   * @returns its report, or a string with the reason why there is none
   */
  run(job: Job, timeout: number): Promise<Told | string> {
    return new Promise(resolve => {
      const settle = (told: Told | string) => {
        clearTimeout(timer)
        this.#child.off('message', onMessage).off('exit', onExit)
        this.#acted?.()
        resolve(told)
      }
      const onMessage = (message: Told | string) => typeof message === 'string' || settle(message)
      const onExit = (code: number | null, signal: string | null) => {
        settle(`the process ended (${signal ?? `exit ${code}`}): ${this.said()}`)
      }
      const timer = setTimeout(() => settle(`no end after ${timeout / 1000} s`), timeout)
      this.#child.on('message', onMessage).once('exit', onExit)
      this.#child.send(job)
    })
  }

  /** Ends it. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}

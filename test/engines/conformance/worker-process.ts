import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { commandLine, descendantsOf, isStopped, isWaiting, signalProcess } from '../../support/child.js'
import type { WorkerSettings } from './farm.js'
import { argsOf } from './programs.js'

/** The variable by which the processes of a case are found, ffmpeg's included. */
export const MARK = 'AVIO_CONFORMANCE'

/** What a worker process is told. */
export interface Order {
  readonly name: string
  readonly s3: S3ClientConfig
  /** The queue; without one, this process hands out jobs by messages. */
  readonly queue?: { readonly connection: string; readonly queue: string }
  readonly settings: WorkerSettings
  /** In milliseconds. */
  readonly lockDuration: number
}

/** What a worker process reports. */
export interface Told {
  readonly type: 'ready' | 'start' | 'done' | 'fail' | 'back' | 'error' | 'memory'
  readonly job?: string
  /** `job`, `chunk`, `audio`. */
  readonly name?: string
  /** What is in use after all garbage was collected: the heap, and memory outside of it. */
  readonly bytes?: number
  readonly piece?: string
  readonly isFinal?: boolean
  readonly error?: {
    readonly code?: string | undefined
    readonly message: string
    readonly retryable?: boolean
  }
}

/** Who goes on after SIGSTOP. */
export type GoesOn = 'all' | 'ffmpeg' | 'worker'

/** A worker in a process of its own. */
export class WorkerProcess {
  readonly name: string
  readonly told: Told[] = []
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #listeners = new Set<() => void>()
  #log = ''
  /** The processes that {@link stop} stopped beside it. */
  #stopped: readonly number[] = []

  /**
   * @param order - what it is told
   * @param mark - for its environment
   */
  constructor(order: Order, mark: string) {
    this.name = order.name
    const { processors, heap } = order.settings
    const limit = heap === undefined ? [] : [`--max-old-space-size=${heap}`, '--expose-gc']
    const program = argsOf(new URL('worker.ts', import.meta.url))
    const command = [process.execPath, ...limit, ...program, JSON.stringify(order)]
    const [file, ...args] = processors === undefined ? command : ['taskset', '-c', processors, ...command]
    this.#child = spawn(file!, args, {
      env: {
        ...process.env,
        [MARK]: mark,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#exited = once(this.#child, 'close')
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.#log = (this.#log + text).slice(-8000)))
    }
    this.#child.on('message', message => this.#hear(message as Told))
    void this.#exited.then(() => this.#tell())
  }

  /** Everything it printed. */
  get log(): string {
    return this.#log
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves with the first report of that kind, an earlier one too. Rejects if the process ends without it. */
  async hears(is: (told: Told) => boolean, from = 0): Promise<Told> {
    for (let at = from; ;) {
      for (; at < this.told.length; at++) if (is(this.told[at]!)) return this.told[at]!
      if (!this.isAlive) throw new Error(`${this.name} has ended: ${this.#log}`)
      await new Promise<void>(resolve => this.#listeners.add(resolve))
    }
  }

  /** Bytes of memory that it holds: its heap and what is outside of it, without garbage. It has a limited heap. */
  async memory(): Promise<number> {
    const from = this.told.length
    this.send({ memory: true })
    return (await this.hears(({ type }) => type === 'memory', from)).bytes!
  }

  /** Sends it a message. */
  send(message: unknown): void {
    if (this.isAlive) this.#child.send(message as object)
  }

  /**
   * SIGSTOP for the whole tree, as for a machine that is suspended: the engine hears nothing more of it, nor does the
   * store, and its ffmpeg computes nothing.
   */
  async stop(): Promise<void> {
    const pid = this.#child.pid!
    this.#child.kill('SIGSTOP')
    // Until it stands still, it may start another one.
    while (!isStopped(pid)) await setImmediate()
    this.#stopped = descendantsOf(pid)
    for (const child of this.#stopped) signalProcess(child, 'SIGSTOP')
  }

  /** The same while it runs an ffmpeg, for which it waits. */
  async stopWithFfmpeg(): Promise<void> {
    for (;;) {
      while (!this.#runsFfmpeg()) await delay(1)
      await this.stop()
      if (this.#runsFfmpeg()) return
      // It has just ended.
      await this.goOn()
    }
  }

  /**
   * SIGCONT.
   *
   * @param first - `all`: the whole tree; `ffmpeg`: what it has started, and itself once that can do no more without it;
   *   `worker`: itself alone, and what it has started stands still until it is ended
   */
  async goOn(first: GoesOn = 'all'): Promise<void> {
    if (first !== 'worker') for (const child of this.#stopped) signalProcess(child, 'SIGCONT')
    if (first === 'ffmpeg') await Promise.all(this.#stopped.map(comesToRest))
    this.#child.kill('SIGCONT')
  }

  #runsFfmpeg(): boolean {
    return descendantsOf(this.#child.pid!).some(pid => {
      const words = commandLine(pid)
      return words.includes('-i') && words.some(word => basename(word) === 'ffmpeg')
    })
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  /** SIGTERM. Returns its exit code. */
  async drain(): Promise<number | null> {
    if (this.isAlive) this.#child.kill('SIGTERM')
    await this.#exited
    return this.#child.exitCode
  }

  /** Calls back at each report. */
  on(listener: (told: Told) => void): void {
    this.#child.on('message', message => listener(message as Told))
  }

  /** Resolves when it has ended. */
  async ended(): Promise<void> {
    await this.#exited
  }

  #hear(told: Told): void {
    this.told.push(told)
    this.#tell()
  }

  #tell(): void {
    const listeners = [...this.#listeners]
    this.#listeners.clear()
    for (const listener of listeners) listener()
  }
}

/** Resolves when a process has ended, or waits for somebody else. */
async function comesToRest(pid: number): Promise<void> {
  // Its threads also wait for each other, but not for long.
  for (let times = 0; times < 10; times = isWaiting(pid) ? times + 1 : 0) await delay(20)
}

import { Worker } from 'node:worker_threads'

/** A minute: the slowest input takes a second for all measurements together. */
const HANGS = 60_000
/** The size of the longest input that can be kept, in bytes. */
const ROOM = 2 ** 20

/** In plain JavaScript, for a worker thread: it watches while the main thread is in a loop. */
const LOOKS_ON = `
const { workerData: { shared, text, file, hangs } } = require('node:worker_threads')
const { mkdirSync, writeFileSync, writeSync } = require('node:fs')
const { dirname } = require('node:path')
const state = new Int32Array(shared, 0, 2)
const bytes = Buffer.from(shared, 8)
let seen = -1
let before = process.cpuUsage()
setInterval(() => {
  const number = Atomics.load(state, 0)
  if (number !== seen) {
    seen = number
    before = process.cpuUsage()
    return
  }
  const { user, system } = process.cpuUsage(before)
  if ((user + system) / 1000 < hangs) return
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, Buffer.from(bytes.subarray(0, Atomics.load(state, 1))))
  writeSync(1, text + ': an input hangs, kept as ' + file + '\\n0 passed, 1 failed\\n')
  process.kill(process.pid, 'SIGKILL')
}, 500)
`

/** Watches from another thread; reports an input that hangs, and ends the process. */
export class Watchdog {
  readonly #worker: Worker
  readonly #state: Int32Array
  readonly #bytes: Buffer

  /**
   * @param text - the target's name, for the message
   * @param file - where to keep the input
   * @param hangs - the CPU time that one input may use, in milliseconds
   */
  constructor(text: string, file: string, hangs = HANGS) {
    const shared = new SharedArrayBuffer(8 + ROOM)
    this.#state = new Int32Array(shared, 0, 2)
    this.#bytes = Buffer.from(shared, 8)
    this.#worker = new Worker(LOOKS_ON, {
      eval: true,
      workerData: { shared, text, file, hangs },
      execArgv: [],
    })
    this.#worker.unref()
  }

  /** Announces the next input. */
  see(input: Buffer): void {
    Atomics.store(this.#state, 1, input.copy(this.#bytes))
    Atomics.add(this.#state, 0, 1)
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}

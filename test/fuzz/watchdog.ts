import { Worker } from 'node:worker_threads'

/** A minute: the slowest of all takes a second, all looks at it together. */
const HANGS = 60_000
/** Bytes of the longest input that is kept. */
const ROOM = 2 ** 20

/** In plain JavaScript, as a thread takes it: it looks on while the other thread is within a loop. */
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

/** Looks on from another thread, and where an input takes for ever says which one and ends the process. */
export class Watchdog {
  readonly #worker: Worker
  readonly #state: Int32Array
  readonly #bytes: Buffer

  /**
   * @param text - what is read, for the message
   * @param file - where the input is kept
   * @param hangs - CPU time of the process that one input may take in all, in milliseconds
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

  /** Another input is to be read. */
  see(input: Buffer): void {
    Atomics.store(this.#state, 1, input.copy(this.#bytes))
    Atomics.add(this.#state, 0, 1)
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}

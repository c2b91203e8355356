import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import type { FarmStep } from 'avio-streams/bullmq'

/** What a worker says. */
interface Message {
  readonly ready?: true
  readonly failed?: string
  readonly start?: FarmStep
  readonly done?: FarmStep
  readonly fail?: FarmStep
  readonly error?: string
}

interface Events {
  start: [step: FarmStep]
  done: [step: FarmStep]
  fail: [step: FarmStep, reason: string]
}

/** A process that takes steps from the queue. */
export class FarmWorkerProcess extends EventEmitter<Events> {
  readonly #child: ChildProcess
  readonly #ready: Promise<void>

  constructor(
    readonly name: string,
    connection: string,
    config: S3ClientConfig,
  ) {
    super()
    this.#child = fork(fileURLToPath(new URL('farm-worker.mjs', import.meta.url)), { execArgv: [] })
    this.#ready = new Promise((resolve, reject) => {
      this.#child.once('exit', code => reject(new Error(`${name} ended with ${String(code)}`)))
      this.#child.on('message', ({ ready, failed, start, done, fail, error = '' }: Message) => {
        if (ready) resolve()
        if (failed !== undefined) reject(new Error(`${name}: ${failed}`))
        if (start !== undefined) this.emit('start', start)
        if (done !== undefined) this.emit('done', done)
        if (fail !== undefined) this.emit('fail', fail, error)
      })
    })
    this.#ready.catch(() => undefined)
    this.#child.send({ connection, config })
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Resolves once it takes steps. */
  async ready(): Promise<void> {
    await this.#ready
  }

  /** As a machine that loses its power. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Lets it end its step, unless it has ended. */
  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exited
  }
}

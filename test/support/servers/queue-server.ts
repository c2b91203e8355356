import { rm } from 'node:fs/promises'
import type { Daemon } from './daemon.js'

/** The parts of a started server. */
export interface StartedServer {
  /** `Redis 7.0.15`, `PostgreSQL 15.18`. */
  readonly name: string
  /** The address with its password: `redis://…`, `postgres://…`. */
  readonly url: string
  readonly password: string
  readonly folder: string
  readonly daemon: Daemon
}

/** A server that keeps queues, on 127.0.0.1 with a port and a folder of its own. It ends with this process. */
export abstract class QueueServer {
  readonly name: string
  readonly url: string
  /** The password in {@link url}, which must be in no log and no record of a job. */
  readonly password: string
  readonly #folder: string
  readonly #daemon: Daemon

  constructor({ name, url, password, folder, daemon }: StartedServer) {
    this.name = name
    this.url = url
    this.password = password
    this.#folder = folder
    this.#daemon = daemon
  }

  get pid(): number {
    return this.#daemon.pid
  }

  /** Removes all of its data, as a server does that lost its disk. */
  abstract empty(): Promise<void>

  /**
   * Ends it like a crash, and starts it again on the same port: it has all that it had confirmed.
   *
   * @param whileGone - what happens in between
   */
  async restart(whileGone?: () => Promise<unknown>): Promise<void> {
    await this.#daemon.restart(whileGone)
  }

  /** SIGSTOP: connections stay open, and nothing is answered. */
  freeze(): void {
    this.#daemon.signal('SIGSTOP')
  }

  /** SIGCONT. */
  thaw(): void {
    this.#daemon.signal('SIGCONT')
  }

  /** Stops it and removes its folder. */
  async stop(): Promise<void> {
    this.thaw()
    await this.#daemon.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { programOf } from '../program.js'
import { type Counts, MARK } from './count.js'

/** What is counted: reading an object, writing one, and both with ffmpeg in between, at default options. */
export type Work = 'read' | 'upload' | 'remux'

/** Counts of a piece of work, and the requests that the store saw. */
export interface Counted extends Counts {
  readonly requests: Readonly<Record<string, number>>
}

const WORKER = new URL('counted-process.ts', import.meta.url)

/** Runs pieces of work in processes of their own, against a store in another one. */
export class CountedWork {
  private constructor(
    private readonly store: ChildProcess,
    private readonly config: S3ClientConfig,
  ) {}

  static async start(): Promise<CountedWork> {
    const { execArgv, path } = programOf(new URL('counted-store.ts', import.meta.url))
    const store = fork(path, { execArgv })
    const [config] = (await once(store, 'message')) as [S3ClientConfig]
    return new CountedWork(store, config)
  }

  async stop(): Promise<void> {
    const exited = once(this.store, 'exit')
    this.store.disconnect()
    await exited
  }

  async #ask<Answer>(message: { size: number } | 'requests'): Promise<Answer> {
    const answer = once(this.store, 'message') as Promise<[Answer]>
    this.store.send(message)
    return (await answer)[0]
  }

  /** The arguments that run a piece of work. */
  async #argumentsOf(work: Work, size: number, partSize: number | undefined) {
    await this.#ask({ size })
    await this.#ask('requests')
    return [
      work,
      JSON.stringify(this.config),
      String(size),
      ...(partSize === undefined ? [] : [String(partSize)]),
    ]
  }

  /**
   * Does a piece of work on `size` bytes.
   *
   * @param partSize - of the largest range and of each part, in bytes, for few requests, one at a time; by default
   * everything is at its defaults
   */
  async count(work: Work, size: number, partSize?: number): Promise<Counted> {
    const args = await this.#argumentsOf(work, size, partSize)
    const { execArgv, path } = programOf(WORKER)
    const child = fork(path, args, { execArgv })
    let counts: Counts | undefined
    child.once('message', message => (counts = message as Counts))
    const [code] = (await once(child, 'exit')) as [number | null]
    if (counts === undefined) throw new Error(`"${work}" exited with ${String(code)}`)
    return { ...counts, requests: await this.#ask('requests') }
  }

  /**
   * System calls that move bytes, by the threads of a process that does a piece of work; its children's are not among
   * them.
   *
   * @param log - where strace writes
   */
  async countCalls(work: Work, size: number, log: string): Promise<number> {
    const args = await this.#argumentsOf(work, size, undefined)
    const { execArgv, path } = programOf(WORKER)
    const trace = [
      '-f',
      '-qq',
      '-e',
      `trace=${[...CALLS, ...OTHERS].map(call => `?${call}`).join(',')}`,
      '-e',
      'signal=none',
      '-o',
      log,
    ]
    const child = spawn('strace', [...trace, process.execPath, ...execArgv, path, ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`"${work}" under strace exited with ${String(code)}`)
    return callsOf(await readFile(log, 'latin1'))
  }
}

const CALLS = ['read', 'readv', 'recvfrom', 'recvmsg', 'write', 'writev', 'sendto', 'sendmsg']
/** How a process asks for a file, and how it becomes another program. */
const OTHERS = ['access', 'faccessat', 'faccessat2', 'stat', 'statx', 'execve']

/** The calls between the marks in a log of strace, without those of processes that became another program. */
export function callsOf(log: string): number {
  const lines = log.split('\n')
  const marks = lines.flatMap((line, n) => (line.includes(MARK) ? [n] : []))
  if (marks.length !== 2) throw new Error(`There are ${marks.length} marks in the log, not 2`)
  const [first = ''] = /^\d+/.exec(log) ?? []
  const became = new Set(
    lines.flatMap(line => /^(\d+) +execve\(/.exec(line)?.[1] ?? []).filter(pid => pid !== first),
  )
  const isOurs = (line: string) => {
    const [, pid = '', call = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? []
    return CALLS.includes(call) && !became.has(pid)
  }
  return lines.slice(marks[0], marks[1]).filter(isOurs).length
}

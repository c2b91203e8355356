import type { Readable, Writable } from 'node:stream'

/** What a command has of its process. */
export interface Context {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly cwd: string
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
}

/** A command: the words after its name, to its exit code. */
export type RunCommand = (words: readonly string[], context: Context) => Promise<number>

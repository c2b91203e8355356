import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Dir, opendirSync } from 'node:fs'
import { DESCRIPTOR_REMEDY } from '../../io/descriptors/out-of-descriptors.js'

/**
 * How a process is started: the one place that asks the system for one.
 *
 * A system that is out of descriptors in the middle of it leaves Node with half of the pipes, which nobody can close
 * any more: `spawn` reports EMFILE, `stdio` is undefined, and the sockets that were made stay open until this process
 * ends (Node 20, 24 and 26). So the room is looked for first, in the same turn of the event loop.
 */

/** Codes of a system that has no room for one more process, and what is to be done about each. */
const REMEDIES: Readonly<Record<string, string>> = {
  EMFILE: DESCRIPTOR_REMEDY,
  ENFILE: DESCRIPTOR_REMEDY,
  EAGAIN:
    'No more processes or threads may be started: raise the limit of this user ("ulimit -u") or of the container ' +
    '("pids.max"), or run fewer jobs at a time.',
  ENOMEM: 'The system has no memory left for one more process: run fewer jobs at a time.',
}

/** Two for the signal by which libuv learns that the program runs. */
const SIGNAL_PIPE = 2

/**
 * Starts a program; resolves once it runs.
 *
 * @throws the system's own error
 */
export async function startProcess(
  file: string,
  args: readonly string[],
  options: {
    readonly stdio: readonly ('pipe' | 'ignore')[]
    readonly env?: Record<string, string>
    /** Whether it leads a group of its own. */
    readonly detached?: boolean
  },
): Promise<ChildProcess> {
  const pipes = options.stdio.filter(way => way === 'pipe').length
  // A pair for each pipe, and a copy of one end where its number is in the way of another's.
  holdRoom(3 * pipes + SIGNAL_PIPE)
  const child = spawn(file, args, { ...options, stdio: [...options.stdio], windowsHide: true })
  await once(child, 'spawn')
  return child
}

/** What to do about a start that failed for want of room; `undefined` where that was not the reason. */
export function roomRemedy(error: unknown): string | undefined {
  const { code } = error as NodeJS.ErrnoException
  return code === undefined ? undefined : REMEDIES[code]
}

function holdRoom(descriptors: number): void {
  // Windows has no such limit.
  if (process.platform === 'win32') return
  const held: Dir[] = []
  try {
    while (held.length < descriptors) held.push(opendirSync('/'))
  } finally {
    for (const folder of held) folder.closeSync()
  }
}

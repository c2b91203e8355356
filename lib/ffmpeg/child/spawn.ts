import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Dir, opendirSync } from 'node:fs'
import { DESCRIPTOR_REMEDY } from '../../io/descriptors/out-of-descriptors.js'

/**
 * Starts processes: the only place that does.
 *
 * If file descriptors run out midway, Node leaves half of the pipes open, and nothing can close them any more: `spawn`
 * reports EMFILE, `stdio` is undefined, and the created sockets stay open until this process ends (Node 20, 24 and 26).
 * So this checks for enough descriptors first, in the same turn of the event loop.
 */

/** Codes of a system without the resources for another process, and their remedies. */
const REMEDIES: Readonly<Record<string, string>> = {
  EMFILE: DESCRIPTOR_REMEDY,
  ENFILE: DESCRIPTOR_REMEDY,
  EAGAIN:
    'This system allows no more processes or threads: raise the limit of this user ("ulimit -u") or of the container ' +
    '("pids.max"), or run fewer jobs at a time.',
  ENOMEM: 'The system has no memory left for another process: run fewer jobs at a time.',
}

/** Two for the signal that tells libuv that the program runs. */
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
    /** Whether it leads its own group. */
    readonly detached?: boolean
  },
): Promise<ChildProcess> {
  const pipes = options.stdio.filter(way => way === 'pipe').length
  // A pair per pipe, and a copy of one end if its number is in the way of another's.
  holdRoom(3 * pipes + SIGNAL_PIPE)
  const child = spawn(file, args, { ...options, stdio: [...options.stdio], windowsHide: true })
  await once(child, 'spawn')
  return child
}

/** The remedy for a start that failed for lack of resources; `undefined` for any other reason. */
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

import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'

/**
 * A child that its parent's death takes along, even a death by SIGKILL, which lets the parent clean nothing up.
 *
 * Left alone, an ffmpeg that computes (and so notices neither its closed stdin nor its closed stdout) goes on for
 * minutes. Linux can send a signal when the parent dies (prctl PR_SET_PDEATHSIG); util-linux' `setpriv` asks for it
 * and then becomes the program (exec), so that the process id is the child's own. The "parent" is the thread that
 * started the child: in a worker, ffmpeg ends with the worker.
 */

const run = promisify(execFile)
const OPTIONS = ['--pdeathsig', 'KILL', '--']

let detected: Promise<readonly string[]> | undefined

/** What to put in front of a command so that it dies with us: nothing where the system can't do that. */
export function dieWithParent(): Promise<readonly string[]> {
  return (detected ??= detectDieWithParent(process.env['PATH'] ?? ''))
}

/**
 * Looks for a `setpriv` that has the option (util-linux from 2.33 on; BusyBox' has not) and may use it here.
 *
 * @param path - folders to search, as in PATH
 */
export async function detectDieWithParent(path: string): Promise<readonly string[]> {
  if (process.platform !== 'linux') return []
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const setpriv = join(folder, 'setpriv')
    try {
      await access(setpriv, constants.X_OK)
      await run(setpriv, [...OPTIONS, setpriv, '--version'], { timeout: 5000 })
      return [setpriv, ...OPTIONS]
    } catch {
      // Not there, or not able to: the next folder may have one.
    }
  }
  return []
}

/** The beginning of what `setpriv` writes when the program cannot be executed; it then exits with 126 or 127. */
export const EXEC_FAILED = 'setpriv: failed to execute '

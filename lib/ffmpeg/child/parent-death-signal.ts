import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { roomRemedy, startProcess } from './spawn.js'

/**
 * A child that its parent's death takes along, even a death by SIGKILL, which lets the parent clean nothing up.
 *
 * Left alone, an ffmpeg that computes (and so notices neither its closed stdin nor its closed stdout) goes on for
 * minutes. Linux can send a signal when the parent dies (prctl PR_SET_PDEATHSIG); util-linux' `setpriv` asks for it
 * and then becomes the program (exec), so that the process id is the child's own. The "parent" is the thread that
 * started the child: in a worker, ffmpeg ends with the worker. It is the program alone that is told: what a wrapper
 * script starts without `exec` loses its pipes with us, and ends at the first byte that it reads or writes.
 */

const OPTIONS = ['--pdeathsig', 'KILL', '--']

let detected: Promise<readonly string[]> | undefined

/** How long a `setpriv` may take to tell its version, in milliseconds; one that hangs is passed over. */
const TIMEOUT = 30_000

/**
 * What to put in front of a command so that it dies with us: nothing where the system can't do that.
 *
 * @throws the system's own error where it has no room to find out; the next call asks again
 */
export function dieWithParent(): Promise<readonly string[]> {
  detected ??= detectDieWithParent(process.env['PATH'] ?? '').catch((error: unknown) => {
    detected = undefined
    throw error
  })
  return detected
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
      const args = [...OPTIONS, setpriv, '--version']
      if (await endsWell(await startProcess(setpriv, args, { stdio: ['ignore', 'ignore', 'ignore'] }))) {
        return [setpriv, ...OPTIONS]
      }
    } catch (error) {
      if (roomRemedy(error) !== undefined) throw error
      // Not there, or not to be executed: the next folder may have one.
    }
  }
  return []
}

function endsWell(child: ChildProcess): Promise<boolean> {
  return new Promise(resolve => {
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT)
    child.on('error', () => undefined)
    child.once('exit', code => {
      clearTimeout(timer)
      resolve(code === 0)
    })
  })
}

/** The beginning of what `setpriv` writes when the program cannot be executed; it then exits with 126 or 127. */
export const EXEC_FAILED = 'setpriv: failed to execute '

import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { roomRemedy, startProcess } from './spawn.js'

/**
 * A child that dies with its parent, even if SIGKILL ends the parent without a chance to clean up.
 *
 * Otherwise an ffmpeg that computes (and so notices neither its closed stdin nor its closed stdout) continues for
 * minutes. Linux can send a signal when the parent dies (prctl PR_SET_PDEATHSIG); util-linux' `setpriv` requests it
 * and then becomes the program (exec), so that the process id is the child's own. The "parent" is the thread that
 * started the child: in a worker, ffmpeg ends with the worker. Only the program itself gets the signal: a process that
 * a wrapper script starts without `exec` loses its pipes with us, and ends at the next byte that it reads or writes.
 */

const OPTIONS = ['--pdeathsig', 'KILL', '--']

let detected: Promise<readonly string[]> | undefined

/** Time limit for `setpriv --version`, in milliseconds; a `setpriv` that hangs is skipped. */
const TIMEOUT = 30_000

/**
 * Command prefix that makes a command die with us; empty if the system does not support that.
 *
 * @throws the system's own error if it lacks the resources to find out; the next call tries again
 */
export function dieWithParent(): Promise<readonly string[]> {
  detected ??= detectDieWithParent(process.env['PATH'] ?? '').catch((error: unknown) => {
    detected = undefined
    throw error
  })
  return detected
}

/**
 * Looks for a `setpriv` that has the option (util-linux since 2.33; BusyBox lacks it) and may use it here.
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
      // Missing or not executable: the next folder may have one.
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

/** The prefix of `setpriv`'s message if it cannot execute the program; it then exits with 126 or 127. */
export const EXEC_FAILED = 'setpriv: failed to execute '

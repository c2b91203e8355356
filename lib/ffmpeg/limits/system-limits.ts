import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { FfmpegError } from '../../errors.js'
import type { Limits } from './limits.js'

/** How long after its first signal a process that goes on is killed, in seconds of CPU time. */
const GRACE = 5

/**
 * What to put in front of a command so that the system holds it to limits: `nice`, `prlimit`. Each becomes the next
 * command (exec), so that the process id is the child's own.
 *
 * @param path - folders to search, as in PATH
 * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_SPAWN` where a limit can't be had here: it is never passed over
 */
export async function systemLimitPrefix(
  { nice, memory, cpuSeconds }: Pick<Limits, 'nice' | 'memory' | 'cpuSeconds'>,
  path = process.env['PATH'] ?? '',
): Promise<readonly string[]> {
  const prefix: string[] = []
  if (nice !== undefined) prefix.push(await command('nice', 'limits.nice', path), '-n', String(nice))
  if (memory !== undefined || cpuSeconds !== undefined) {
    const option = memory === undefined ? 'limits.cpuSeconds' : 'limits.memory'
    prefix.push(await command('prlimit', option, path))
    if (memory !== undefined) prefix.push(`--as=${memory}`)
    if (cpuSeconds !== undefined) prefix.push(`--cpu=${cpuSeconds}:${cpuSeconds + GRACE}`)
    prefix.push('--')
  }
  return prefix
}

async function command(name: string, option: string, path: string): Promise<string> {
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const file = join(folder, name)
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return file
  }
  throw new FfmpegError(
    'AVIO_ERR_FFMPEG_SPAWN',
    `The option "${option}" needs the command "${name}", which is not on PATH here. Install it (Debian: util-linux, ` +
      'coreutils), or omit the option and limit the whole process from outside, with a container.',
  )
}

import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { FfmpegError } from '../../errors.js'
import type { Limits } from './limits.js'

/** Seconds of CPU time between a process's first signal and SIGKILL. */
const GRACE = 5

/**
 * Command prefix that makes the system enforce limits: `nice`, `prlimit`. Each replaces itself with the next command
 * (exec), so that the process id is the child's own.
 *
 * @param path - folders to search, as in PATH
 * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_SPAWN` if a limit is unavailable: it is never ignored
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

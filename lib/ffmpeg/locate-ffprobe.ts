import { dirname, join } from 'node:path'
import { FfmpegError } from '../errors.js'
import { fromPath, named, runnable } from './executable.js'
import { locateFfmpeg } from './locate.js'

/**
 * Where the ffprobe binary comes from: the option, the variable `FFPROBE_PATH`, PATH, beside the ffmpeg that is used.
 * `undefined` where there is none: the package `ffmpeg-static` brings none along. One that was named and can't be run is
 * an error.
 *
 * @param option - the user's choice: a path, or a bare name that is looked up on PATH
 * @param ffmpegPath - the option for ffmpeg
 * @param env - the environment that holds `FFPROBE_PATH` and `PATH`
 * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_NOT_FOUND`
 */
export async function locateFfprobe(
  option?: string,
  ffmpegPath?: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const chosen = option ?? env['FFPROBE_PATH']
  if (chosen !== undefined && chosen !== '') {
    const found = await named(chosen, env)
    if ('path' in found) return found.path
    const by = option === undefined ? 'The environment variable FFPROBE_PATH' : 'The option "ffprobePath"'
    throw new FfmpegError(
      'AVIO_ERR_FFMPEG_NOT_FOUND',
      `${by} names "${chosen}", which cannot be run: ${found.problem}. Correct it, or leave it out: then PATH and the ` +
        'folder of ffmpeg are looked at, and without an ffprobe ffmpeg itself is asked.',
      { ffmpegPath: chosen },
    )
  }
  const onPath = await fromPath('ffprobe', env)
  if ('path' in onPath) return onPath.path
  const ffmpeg = await locateFfmpeg(ffmpegPath, env).catch(() => undefined)
  if (ffmpeg === undefined) return undefined
  const name = process.platform === 'win32' ? 'ffprobe.exe' : 'ffprobe'
  const beside = await runnable(join(dirname(ffmpeg), name))
  return 'path' in beside ? beside.path : undefined
}

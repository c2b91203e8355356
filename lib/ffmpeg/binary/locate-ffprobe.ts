import { dirname, join } from 'node:path'
import { FfmpegError } from '../../errors.js'
import { fromPath, named, runnable } from './executable.js'
import { locateFfmpeg } from './locate-ffmpeg.js'

/** The origin of the ffprobe in use; `ffmpeg` means the folder of the ffmpeg in use. */
export type FfprobeOrigin = 'option' | 'FFPROBE_PATH' | 'PATH' | 'ffmpeg'

/** An ffprobe and its origin. */
export interface LocatedFfprobe {
  /** The absolute path of the binary. */
  readonly path: string
  /** Its origin. */
  readonly from: FfprobeOrigin
}

/**
 * Locates ffprobe, in this order: the option, the variable `FFPROBE_PATH`, `ffprobe` on PATH, the folder of the ffmpeg
 * in use. `undefined` if there is none: the package `ffmpeg-static` has no ffprobe. A chosen ffprobe that can't be run
 * is an error.
 *
 * @param option - the user's choice: a path, or a bare name to look up on PATH
 * @param ffmpegPath - the option for ffmpeg
 * @param env - the environment that holds `FFPROBE_PATH` and `PATH`
 * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_NOT_FOUND`
 */
export async function locateFfprobe(
  option?: string,
  ffmpegPath?: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<LocatedFfprobe | undefined> {
  const chosen = option ?? env['FFPROBE_PATH']
  if (chosen !== undefined && chosen !== '') {
    const found = await named(chosen, env)
    if ('path' in found) return { path: found.path, from: option === undefined ? 'FFPROBE_PATH' : 'option' }
    const by = option === undefined ? 'The environment variable FFPROBE_PATH' : 'The option "ffprobePath"'
    throw new FfmpegError(
      'AVIO_ERR_FFMPEG_NOT_FOUND',
      `${by} names "${chosen}", which cannot be run: ${found.problem}. Correct it, or leave it out to use ffprobe on ` +
        'PATH, the one beside ffmpeg, or else ffmpeg itself.',
      { ffmpegPath: chosen },
    )
  }
  const onPath = await fromPath('ffprobe', env)
  if ('path' in onPath) return { path: onPath.path, from: 'PATH' }
  const ffmpeg = await locateFfmpeg(ffmpegPath, env).catch(() => undefined)
  if (ffmpeg === undefined) return undefined
  const name = process.platform === 'win32' ? 'ffprobe.exe' : 'ffprobe'
  const beside = await runnable(join(dirname(ffmpeg.path), name))
  return 'path' in beside ? { path: beside.path, from: 'ffmpeg' } : undefined
}

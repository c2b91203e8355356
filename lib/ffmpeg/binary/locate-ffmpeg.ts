import { FfmpegError } from '../../errors.js'
import { type Found, fromPath, named, runnable } from './executable.js'

/**
 * Locates the ffmpeg binary, in this order: the option, the variable `FFMPEG_PATH`, `ffmpeg` on PATH, the package
 * `ffmpeg-static`. The first two are the user's own choice, and a wrong one is an error: another ffmpeg may lack the
 * encoders the user counts on. The last two are optional.
 */

/** The origin of the ffmpeg in use. */
export type FfmpegOrigin = 'option' | 'FFMPEG_PATH' | 'PATH' | 'ffmpeg-static'

/** An ffmpeg and its origin. */
export interface LocatedFfmpeg {
  /** The absolute path of the binary. */
  readonly path: string
  /** Its origin. */
  readonly from: FfmpegOrigin
}

/** Loads the package `ffmpeg-static`; rejects if it is not installed. */
export type LoadFfmpegStatic = () => Promise<{ readonly default?: unknown }>

// The package is optional, and so are its types: a name the compiler cannot see leaves both open.
const FFMPEG_STATIC: string = 'ffmpeg-static'
const loadFfmpegStatic: LoadFfmpegStatic = async () =>
  (await import(FFMPEG_STATIC)) as { readonly default?: unknown }

/**
 * Finds the ffmpeg to run.
 *
 * @param option - the user's choice: a path, or a bare name to look up on PATH
 * @param env - the environment that holds `FFMPEG_PATH` and `PATH`
 * @param load - loads `ffmpeg-static`
 * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_NOT_FOUND`; its message lists all four places and the problem of each
 */
export async function locateFfmpeg(
  option?: string,
  env: NodeJS.ProcessEnv = process.env,
  load: LoadFfmpegStatic = loadFfmpegStatic,
): Promise<LocatedFfmpeg> {
  if (option !== undefined) {
    return { path: await chosen('The option "ffmpegPath"', option, env), from: 'option' }
  }
  // An empty variable counts as unset, as in a shell's ${FFMPEG_PATH:-}.
  const variable = env['FFMPEG_PATH']
  if (variable) {
    return { path: await chosen('The environment variable FFMPEG_PATH', variable, env), from: 'FFMPEG_PATH' }
  }
  const onPath = await fromPath('ffmpeg', env)
  if ('path' in onPath) return { path: onPath.path, from: 'PATH' }
  const packaged = await fromPackage(load)
  if ('path' in packaged) return { path: packaged.path, from: 'ffmpeg-static' }

  throw new FfmpegError(
    'AVIO_ERR_FFMPEG_NOT_FOUND',
    'No ffmpeg found. Tried, in this order: ' +
      'the option "ffmpegPath" (not given); the environment variable FFMPEG_PATH (not set); ' +
      `ffmpeg on PATH (${onPath.problem}); the package ffmpeg-static (${packaged.problem}). ` +
      'Install ffmpeg with the system\'s package manager, run "npm install ffmpeg-static", or name a binary.',
  )
}

async function chosen(by: string, value: string, env: NodeJS.ProcessEnv): Promise<string> {
  const found = await named(value, env)
  if ('path' in found) return found.path
  throw new FfmpegError(
    'AVIO_ERR_FFMPEG_NOT_FOUND',
    `${by} names "${value}", which cannot be run: ${found.problem}. ` +
      'Correct it, or leave it out to use FFMPEG_PATH, ffmpeg on PATH, or the package ffmpeg-static.',
    { ffmpegPath: value },
  )
}

async function fromPackage(load: LoadFfmpegStatic): Promise<Found> {
  let path: unknown
  try {
    path = (await load()).default
  } catch {
    return { problem: 'not installed' }
  }
  if (typeof path !== 'string') return { problem: 'has no binary for this platform' }
  const found = await runnable(path)
  return 'path' in found ? found : { problem: `installed, but its binary "${path}": ${found.problem}` }
}

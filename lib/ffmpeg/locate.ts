import { FfmpegError } from '../errors.js'
import { type Found, fromPath, named, runnable } from './executable.js'

/**
 * Where the ffmpeg binary comes from: the option, the variable `FFMPEG_PATH`, the package `ffmpeg-static`, `ffmpeg`
 * on PATH, in this order. The first two are the user's own word: one that is given but wrong is an error, because
 * another ffmpeg than the one asked for may lack the encoders asked for. The last two are only looked at.
 */

/** Loads the package `ffmpeg-static`; rejects where it is not installed. */
export type LoadFfmpegStatic = () => Promise<{ readonly default?: unknown }>

// The package is optional, and so are its types: a name the compiler cannot see leaves both open.
const FFMPEG_STATIC: string = 'ffmpeg-static'
const loadFfmpegStatic: LoadFfmpegStatic = async () =>
  (await import(FFMPEG_STATIC)) as { readonly default?: unknown }

/**
 * The absolute path of the ffmpeg to run.
 *
 * @param option - the user's choice: a path, or a bare name that is looked up on PATH
 * @param env - the environment that holds `FFMPEG_PATH` and `PATH`
 * @param load - how `ffmpeg-static` is loaded
 * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_NOT_FOUND`, which tells all four places and what was found at each
 */
export async function locateFfmpeg(
  option?: string,
  env: NodeJS.ProcessEnv = process.env,
  load: LoadFfmpegStatic = loadFfmpegStatic,
): Promise<string> {
  if (option !== undefined) return await chosen('The option "ffmpegPath"', option, env)
  // An empty variable counts as not set, as it does for a shell's ${FFMPEG_PATH:-}.
  const variable = env['FFMPEG_PATH']
  if (variable) return await chosen('The environment variable FFMPEG_PATH', variable, env)

  const packaged = await fromPackage(load)
  if ('path' in packaged) return packaged.path
  const onPath = await fromPath('ffmpeg', env)
  if ('path' in onPath) return onPath.path

  throw new FfmpegError(
    'AVIO_ERR_FFMPEG_NOT_FOUND',
    'No ffmpeg was found. Looked at, in this order: ' +
      'the option "ffmpegPath" (not given); the environment variable FFMPEG_PATH (not set); ' +
      `the package ffmpeg-static (${packaged.problem}); ffmpeg on PATH (${onPath.problem}). ` +
      'Install ffmpeg by the system\'s package manager, or "npm install ffmpeg-static", or name a binary.',
  )
}

async function chosen(by: string, value: string, env: NodeJS.ProcessEnv): Promise<string> {
  const found = await named(value, env)
  if ('path' in found) return found.path
  throw new FfmpegError(
    'AVIO_ERR_FFMPEG_NOT_FOUND',
    `${by} names "${value}", which cannot be run: ${found.problem}. ` +
      'Correct it, or leave it out: then FFMPEG_PATH, the package ffmpeg-static and ffmpeg on PATH are looked at.',
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

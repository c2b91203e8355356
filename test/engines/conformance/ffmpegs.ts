import { debianFfmpeg, ffmpegVersion } from '../../support/servers/debian-ffmpeg.js'

/** An ffmpeg, by its path and version. */
export interface Ffmpeg {
  readonly path: string
  readonly version: string
}

let found: Promise<readonly [Ffmpeg, Ffmpeg]> | undefined

/** The ffmpeg of this run, and one of another version: that of PATH, or Debian's newest. */
export function twoFfmpegs(): Promise<readonly [Ffmpeg, Ffmpeg]> {
  return (found ??= find())
}

async function find(): Promise<readonly [Ffmpeg, Ffmpeg]> {
  const own = await at(process.env['FFMPEG_PATH'] ?? 'ffmpeg')
  const onPath = await at('ffmpeg').catch(() => own)
  if (onPath.version !== own.version) return [own, onPath]
  const { ffmpegPath: path, version } = await debianFfmpeg('sid')
  return [own, { path, version }]
}

async function at(path: string): Promise<Ffmpeg> {
  return { path, version: await ffmpegVersion(path) }
}

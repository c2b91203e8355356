import { FfmpegError } from '../../errors.js'

/**
 * Which ffmpeg a binary is, by what it says to `-version`.
 *
 * The name proves nothing: git builds are called `N-118000-g1a2b3c4d5e` or by a date, vendors' as they like. The number
 * of libavformat, the library that reads and writes containers, rises with every release. Of the two that are told,
 * that of the headers it was built with and that of the library it runs with, the second counts.
 */

/** A build of ffmpeg, or of ffprobe. */
export interface FfmpegVersion {
  /** As the build calls itself: `7.1.5-0+deb13u1`. */
  readonly name: string
  /** Major and minor number of the libavformat that it runs with. */
  readonly libavformat: readonly [major: number, minor: number]
}

/** The oldest that is taken: the first in which `-format_whitelist` holds for every input, and the oldest tested. */
export const OLDEST: FfmpegVersion = { name: '5.1', libavformat: [59, 27] }

/** The newest that every test was run with. */
export const NEWEST_TESTED: FfmpegVersion = { name: '9.0', libavformat: [63, 1] }

const LIBAVFORMAT = /^libavformat +(\d+)\. *(\d+)\. *\d+(?: *\/ *(\d+)\. *(\d+)\. *\d+)?/m
const NAME = /^\S+ version (\S.{0,99}?)(?: Copyright|\r?$)/m

/** Reads what `-version` printed; `undefined` where it tells no libavformat, as a program that is no ffmpeg. */
export function parseVersion(text: string): FfmpegVersion | undefined {
  const match = LIBAVFORMAT.exec(text)
  if (match === null) return undefined
  const [, builtMajor, builtMinor, major = builtMajor, minor = builtMinor] = match
  return { name: NAME.exec(text)?.[1] ?? 'without a name', libavformat: [Number(major), Number(minor)] }
}

/**
 * What is to be said of a binary before it is run: a line for the log, or nothing where it is one of those tested.
 *
 * @param path - the binary
 * @param version - what it says it is, where it says so
 * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_TOO_OLD`
 */
export function remarkOn(path: string, version: FfmpegVersion | undefined): string | undefined {
  if (version === undefined) {
    return (
      `"${path}" does not say which ffmpeg it is (its answer to -version names no libavformat). ` +
      `It is taken for ${OLDEST.name} or newer.`
    )
  }
  const { name, libavformat } = version
  const told = `"${path}" is version ${name} (libavformat ${libavformat.join('.')})`
  if (isBefore(version, OLDEST)) {
    throw new FfmpegError(
      'AVIO_ERR_FFMPEG_TOO_OLD',
      `${told}: older than ${OLDEST.name} (libavformat ${OLDEST.libavformat.join('.')}), the oldest that is supported. ` +
        "An older one follows playlists in a stranger's media. Install a newer ffmpeg, or name one by " +
        '"ffmpegPath" or FFMPEG_PATH.',
      { ffmpegPath: path },
    )
  }
  if (!isBefore(NEWEST_TESTED, version)) return undefined
  return `${told}: newer than ${NEWEST_TESTED.name}, the newest that was tested.`
}

function isBefore({ libavformat: a }: FfmpegVersion, { libavformat: b }: FfmpegVersion): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])
}

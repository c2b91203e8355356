import { FfmpegError } from '../../errors.js'

/**
 * Determines the version of an ffmpeg binary from its output for `-version`.
 *
 * The name proves nothing: git builds are called `N-118000-g1a2b3c4d5e` or by a date, vendors choose their own. The
 * version of libavformat, the library that reads and writes containers, rises with every release. The output has two
 * of them, that of the headers at build time and that of the library at run time; the second counts.
 */

/** A build of ffmpeg, or of ffprobe. */
export interface FfmpegVersion {
  /** The build's own name: `7.1.5-0+deb13u1`. */
  readonly name: string
  /** Major and minor version of libavformat at run time. */
  readonly libavformat: readonly [major: number, minor: number]
}

/** The oldest supported version: the first in which `-format_whitelist` covers every input, and the oldest tested. */
export const OLDEST: FfmpegVersion = { name: '5.1', libavformat: [59, 27] }

/** The newest version that passed every test. */
export const NEWEST_TESTED: FfmpegVersion = { name: '9.0', libavformat: [63, 1] }

const LIBAVFORMAT = /^libavformat +(\d+)\. *(\d+)\. *\d+(?: *\/ *(\d+)\. *(\d+)\. *\d+)?/m
const NAME = /^\S+ version (\S.{0,99}?)(?: Copyright|\r?$)/m

/** Parses the output of `-version`; `undefined` without a libavformat, as from a program that is not ffmpeg. */
export function parseVersion(text: string): FfmpegVersion | undefined {
  const match = LIBAVFORMAT.exec(text)
  if (match === null) return undefined
  const [, builtMajor, builtMinor, major = builtMajor, minor = builtMinor] = match
  return { name: NAME.exec(text)?.[1] ?? 'without a name', libavformat: [Number(major), Number(minor)] }
}

/**
 * The remark on a binary before its first run: a line for the log, or nothing for a tested version.
 *
 * @param path - the binary
 * @param version - its version, if it reports one
 * @throws {@link FfmpegError} `AVIO_ERR_FFMPEG_TOO_OLD`
 */
export function remarkOn(path: string, version: FfmpegVersion | undefined): string | undefined {
  if (version === undefined) {
    return (
      `"${path}" does not say which ffmpeg version it is (its answer to -version names no libavformat). ` +
      `Treating it as ${OLDEST.name} or newer.`
    )
  }
  const { name, libavformat } = version
  const told = `"${path}" is version ${name} (libavformat ${libavformat.join('.')})`
  if (isBefore(version, OLDEST)) {
    throw new FfmpegError(
      'AVIO_ERR_FFMPEG_TOO_OLD',
      `${told}: older than ${OLDEST.name} (libavformat ${OLDEST.libavformat.join('.')}), the oldest supported ` +
        'version. Older ones follow playlists in untrusted media. Install a newer ffmpeg, or name one with ' +
        '"ffmpegPath" or FFMPEG_PATH.',
      { ffmpegPath: path },
    )
  }
  if (!isBefore(NEWEST_TESTED, version)) return undefined
  return `${told}: newer than ${NEWEST_TESTED.name}, the newest tested version.`
}

function isBefore({ libavformat: a }: FfmpegVersion, { libavformat: b }: FfmpegVersion): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])
}

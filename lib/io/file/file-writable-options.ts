import { isAbsolute, sep } from 'node:path'
import {
  GiB,
  KiB,
  MiB,
  booleanOption,
  functionOption,
  integerOption,
  knownOptions,
  optionsObject,
  signalOption,
} from '../../options.js'
import type { HeaderRoom } from './file-writer-layout.js'
import { pathOf } from '../sources/file-source.js'
import type { AtomicFileOptions } from './atomic-file.js'

/** The file of a {@link FileWritable}, about to become visible or visible already. */
export interface FileResult {
  /** The path, as it was given. */
  path: string
  /** The file's size, in bytes. */
  bytes: number
}

/** Options of {@link FileWritable}. */
export interface FileWritableOptions {
  /** A path, or a `file:` URL. A symbolic link stays, and the file it points to is replaced. */
  path: string | URL
  /**
   * Whether an existing file is replaced, atomically. With `false` it stays, and the stream fails with
   * `AVIO_ERR_FILE_EXISTS`, whenever that file appeared.
   * @defaultValue `true`
   */
  overwrite?: boolean | undefined
  /**
   * The permissions of the new file, before the process's umask: 0 to 0o777. Those of a file it replaces do not
   * matter.
   * @defaultValue 0o666
   */
  mode?: number | undefined
  /**
   * Space reserved at the beginning for a header that is written last, in bytes: 16 to 1 GiB. A shorter header
   * is padded; for a longer one, everything after it is moved, which takes as long as copying the file. Raise
   * it for long recordings (an MP4's index has some 15 bytes per frame).
   * @defaultValue 1 MiB
   */
  headerReserve?: number | undefined
  /**
   * How much is kept in memory until the header is known, in bytes: 0 to 1 GiB. A file up to this size is
   * written without padding.
   * @defaultValue 8 MiB
   */
  headerHoldSize?: number | undefined
  /**
   * Called when everything is on the disk, but not yet visible under its name. It may take its time, and
   * refuses by throwing, rejecting or returning `false`: the stream then fails with `AVIO_ERR_COMMIT_REFUSED`.
   */
  beforeCommit?: ((summary: FileResult) => unknown) | undefined
  /** Destroys the stream with an `AbortError`. */
  signal?: AbortSignal | undefined
  /**
   * Bytes buffered in the stream while the disk is busy: 0 to 1 GiB.
   * @defaultValue 256 KiB
   */
  highWaterMark?: number | undefined
}

/** The options in effect. */
export interface FileWritableSettings extends HeaderRoom, AtomicFileOptions {
  /** The absolute path: the working directory may change before the file is complete. */
  readonly place: string
  readonly beforeCommit: ((summary: FileResult) => unknown) | undefined
  readonly signal: AbortSignal | undefined
  readonly highWaterMark: number
}

const NAMES = [
  'path',
  'overwrite',
  'mode',
  'headerReserve',
  'headerHoldSize',
  'beforeCommit',
  'signal',
  'highWaterMark',
]

/** Reads and validates the options. */
export function fileWritableSettings(given: FileWritableOptions): FileWritableSettings {
  const options = optionsObject(given, 'FileWritable', 'path')
  knownOptions(options, 'FileWritable', NAMES)
  const bytes = { min: 0, max: GiB, unit: 'bytes' }
  const checked = pathOf(given.path)
  return {
    path: checked,
    // Not resolve(): where ".." leads after a symbolic link is up to the file system.
    place: isAbsolute(checked) ? checked : `${process.cwd()}${sep}${checked}`,
    overwrite: booleanOption(options, 'overwrite', { default: true }),
    mode: integerOption(options, 'mode', { min: 0, max: 0o777, default: 0o666 }),
    headerReserve: integerOption(options, 'headerReserve', { ...bytes, min: 16, default: MiB }),
    headerHoldSize: integerOption(options, 'headerHoldSize', { ...bytes, default: 8 * MiB }),
    beforeCommit: functionOption(options, 'beforeCommit'),
    signal: signalOption(options),
    highWaterMark: integerOption(options, 'highWaterMark', { ...bytes, default: 256 * KiB }),
  }
}

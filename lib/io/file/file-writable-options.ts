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

/** What a {@link FileWritable} is about to show under its name, or has shown there. */
export interface FileResult {
  /** The path, as it was given. */
  path: string
  /** The file's size, in bytes. */
  bytes: number
}

/** Options of {@link FileWritable}. */
export interface FileWritableOptions {
  /**
   * Whether a file that is there already is replaced, in one step. `false`: then it stays, and the stream fails with
   * `AVIO_ERR_FILE_EXISTS`, whenever that file appeared.
   * @defaultValue `true`
   */
  overwrite?: boolean | undefined
  /**
   * The permissions of the new file, from which the process's umask is taken: 0 to 0o777. Those of a file that it
   * replaces do not matter.
   * @defaultValue 0o666
   */
  mode?: number | undefined
  /**
   * How much room is left at the beginning for a head that comes last, in bytes: 16 to 1 GiB. Shorter heads are filled
   * up with padding; for a longer one everything behind it is moved, which takes as long as copying the file. Raise it
   * for long recordings (an MP4's index has some 15 bytes for each frame).
   * @defaultValue 1 MiB
   */
  headerReserve?: number | undefined
  /**
   * How many bytes are kept in memory until the head is known, in bytes: 0 to 1 GiB. A file of no more than that is
   * written without padding.
   * @defaultValue 8 MiB
   */
  headerHoldSize?: number | undefined
  /**
   * Called when everything is on the disk, and nothing under its name yet. It may take its time, and says no by
   * throwing, by rejecting or by `false`: then the stream fails with `AVIO_ERR_COMMIT_REFUSED`.
   */
  beforeCommit?: ((summary: FileResult) => unknown) | undefined
  /** Destroys the stream with an `AbortError`. */
  signal?: AbortSignal | undefined
  /**
   * Bytes that may wait in the stream while the disk is busy: 0 to 1 GiB.
   * @defaultValue 256 KiB
   */
  highWaterMark?: number | undefined
}

/** The options as the stream uses them. */
export interface FileWritableSettings extends HeaderRoom, AtomicFileOptions {
  /** The same path from the root: the working directory may be another one before the file is whole. */
  readonly place: string
  readonly beforeCommit: ((summary: FileResult) => unknown) | undefined
  readonly signal: AbortSignal | undefined
  readonly highWaterMark: number
}

const NAMES = [
  'overwrite',
  'mode',
  'headerReserve',
  'headerHoldSize',
  'beforeCommit',
  'signal',
  'highWaterMark',
]

/** Reads and checks path and options. */
export function fileWritableSettings(path: string | URL, given: FileWritableOptions): FileWritableSettings {
  const options = optionsObject(given, 'FileWritable')
  knownOptions(options, 'FileWritable', NAMES)
  const bytes = { min: 0, max: GiB, unit: 'bytes' }
  const checked = pathOf(path)
  return {
    path: checked,
    // Not by resolve(): what ".." leads to behind a symbolic link is for the file system to say.
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

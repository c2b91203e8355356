import { stat } from 'node:fs/promises'
import { FileError } from '../../errors.js'

/** The error for a file that exists and may not be replaced. */
export function fileExists(path: string, cause?: unknown): FileError {
  const message = `${path} was not written: the file already exists, and "overwrite" is false.`
  return new FileError('AVIO_ERR_FILE_EXISTS', message, { path }, { cause })
}

/**
 * Looks for a file before the work for it begins; whether it may be written is found out by writing it.
 *
 * @throws {@link FileError} `AVIO_ERR_FILE_EXISTS`
 */
export async function checkNoFile(path: string): Promise<void> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  )
  if (isThere) throw fileExists(path)
}

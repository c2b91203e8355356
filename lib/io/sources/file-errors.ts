import { SourceError, type SourceErrorCode } from '../../errors.js'
import { isTransient } from '../async/transient-errors.js'
import { descriptorHint } from '../descriptors/out-of-descriptors.js'

const CODES: Record<string, SourceErrorCode> = {
  ENOENT: 'AVIO_ERR_SOURCE_NOT_FOUND',
  EACCES: 'AVIO_ERR_SOURCE_DENIED',
  EPERM: 'AVIO_ERR_SOURCE_DENIED',
}

const REMEDIES: Partial<Record<SourceErrorCode, string>> = {
  AVIO_ERR_SOURCE_NOT_FOUND: 'Check the path; a relative one starts at the working directory.',
  AVIO_ERR_SOURCE_DENIED: "Check the file's permissions, and those of its parent directories.",
}

/**
 * The error of a failed system call on a file.
 *
 * @param byteOffset - the first byte that was not delivered; `undefined` if none was requested
 */
export function fileFailure(cause: unknown, path: string, byteOffset: number | undefined): SourceError {
  const { code: errno = '', message } = cause as NodeJS.ErrnoException
  const code = CODES[errno] ?? 'AVIO_ERR_SOURCE_READ'
  const remedy = REMEDIES[code]
  return new SourceError(
    code,
    `Cannot read ${path}: ${message}.${remedy === undefined ? descriptorHint(cause) : ` ${remedy}`}`,
    { source: path, byteOffset },
    { cause, retryable: code === 'AVIO_ERR_SOURCE_READ' ? isTransient(errno) : undefined },
  )
}

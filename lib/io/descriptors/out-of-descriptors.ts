import { AvioError, isError } from '../../errors.js'

/** What to do when a process, or the system, has run out of file descriptors. */
export const DESCRIPTOR_REMEDY =
  'Raise the limit of this process ("ulimit -n", LimitNOFILE of systemd, --ulimit nofile of Docker), or run fewer ' +
  'jobs at a time.'

/**
 * Whether an error, or one of its causes, means that this process or the system has run out of file
 * descriptors.
 */
export function isOutOfDescriptors(error: unknown): boolean {
  for (let depth = 0, at: unknown = error; isError(at) && depth < 8; depth++, at = at.cause) {
    const { code } = at as NodeJS.ErrnoException
    if (code === 'EMFILE' || code === 'ENFILE') return true
    if ('errors' in at && Array.isArray(at.errors) && at.errors.some(isOutOfDescriptors)) return true
  }
  return false
}

/** ` ` and the remedy, for the end of a message; empty for other errors. */
export function descriptorHint(error: unknown): string {
  return isOutOfDescriptors(error) ? ` ${DESCRIPTOR_REMEDY}` : ''
}

/** The error for an operation that failed because no descriptor was left. */
export function outOfDescriptors(what: string, cause: unknown): AvioError {
  const message = `${what}: this process has no file descriptors left. ${DESCRIPTOR_REMEDY}`
  return new AvioError('AVIO_ERR_DESCRIPTORS', message, { cause })
}

/** System errors that a machine has for a while: no room, no descriptors, no memory, a disk or a network that fails. */
const TRANSIENT = new Set([
  'EAGAIN',
  'EBUSY',
  'EDQUOT',
  'EINTR',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOSPC',
  'ESTALE',
  'ETIMEDOUT',
])

/** Whether a system call that failed with this code may succeed later, or on another machine. */
export function isTransient(errno: string): boolean {
  return TRANSIENT.has(errno)
}

/**
 * Whether a request that was answered with this HTTP status may succeed when it is sent again: 408, 429 and 5xx, except
 * 501 and 505, by which a server says that it can't do this at all.
 */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505)
}

/** A longer wait is not plausible for one request, in seconds. */
const MAX_RETRY_AFTER = 300

/** The wait that a response asks for by `Retry-After`, in milliseconds, if it is a plausible number of seconds. */
export function retryAfterOf(header: string | undefined): number | undefined {
  const seconds = Number(header)
  return seconds > 0 && seconds <= MAX_RETRY_AFTER ? seconds * 1000 : undefined
}

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

import { randomBytes } from 'node:crypto'

/**
 * A unique name for a run: the time to the second, so that listings sort by age, and a 32-bit random number.
 *
 * @param now - the start of the run
 */
export function makeRunId(now = new Date()): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  return `${time}-${randomBytes(4).toString('hex')}`
}

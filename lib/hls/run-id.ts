import { randomBytes } from 'node:crypto'

/**
 * A name for a run that no other run has: the time to the second, so that listings sort by age, and 32 bits of chance.
 *
 * @param now - when the run begins
 */
export function makeRunId(now = new Date()): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  return `${time}-${randomBytes(4).toString('hex')}`
}

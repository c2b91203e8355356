import { SourceError } from '../errors.js'

/**
 * Holds the place of a read to what a source has, before a byte of it is delivered.
 *
 * @param size - of the source, in bytes; `undefined` where it is not known yet, and only the place itself is looked at
 * @param source - what the error is to call it
 * @throws {@link SourceError} AVIO_ERR_SOURCE_RANGE
 */
export function checkRange(start: number, end: number, size: number | undefined, source: string): void {
  const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end
  if (isRange && end <= (size ?? end)) return
  const rule = isRange ? `it has ${size} bytes` : 'that is no range: 0 ≤ start ≤ end, in whole bytes'
  throw new SourceError(
    'AVIO_ERR_SOURCE_RANGE',
    `Cannot read from ${start} to ${end} of ${source}: ${rule}.`,
    {
      source,
      byteOffset: isRange ? Math.max(start, size ?? start) : undefined,
    },
  )
}

import { SourceError } from '../errors.js'

/**
 * Checks a read against the size of the source before delivering a byte.
 *
 * @param size - of the source, in bytes; `undefined` if not yet known, and then only the range itself is
 * checked
 * @param source - its name in the error
 * @throws {@link SourceError} AVIO_ERR_SOURCE_RANGE
 */
export function checkRange(start: number, end: number, size: number | undefined, source: string): void {
  const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end
  if (isRange && end <= (size ?? end)) return
  const rule = isRange ? `it has ${size} bytes` : 'a range needs whole bytes with 0 ≤ start ≤ end'
  throw new SourceError(
    'AVIO_ERR_SOURCE_RANGE',
    `Cannot read from ${start} to ${end} of ${source}: ${rule}.`,
    {
      source,
      byteOffset: isRange ? Math.max(start, size ?? start) : undefined,
    },
  )
}

import { OptionError } from '../../errors.js'

/**
 * The error of a source that is iterated, or stands in a `pipeline()`: Node's own would only list what it takes.
 *
 * @param of - the source's class
 * @param source - the source
 */
export function notAStream(of: string, source: unknown): OptionError {
  const message = `${of} is a source, not a stream: pipe what its createReadStream() returns.`
  return new OptionError('source', message, source)
}

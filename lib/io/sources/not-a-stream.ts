import { OptionError } from '../../errors.js'

/**
 * Has a class of sources say what to pipe when one is iterated, or stands in a `pipeline()`: Node's own error only lists
 * the kinds of streams. The types know nothing of it, so that the mistake does not compile either.
 *
 * @param sources - the class
 * @param name - its name, for the message
 */
export function refuseAsStream(sources: { readonly prototype: object }, name: string): void {
  const value = function (this: unknown): never {
    const message = `${name} is a source, not a stream: pipe what its createReadStream() returns.`
    throw new OptionError('source', message, this)
  }
  Object.defineProperty(sources.prototype, Symbol.asyncIterator, { value, configurable: true })
}

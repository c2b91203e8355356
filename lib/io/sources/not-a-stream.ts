import { OptionError } from '../../errors.js'

/**
 * Makes sources of a class throw an error with the remedy when they are iterated or passed to `pipeline()`: Node's own
 * error only lists the kinds of streams. The types do not declare the iterator, so that the mistake does not compile
 * either.
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

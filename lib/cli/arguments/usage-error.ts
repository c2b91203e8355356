import { OptionError } from '../../errors.js'

/**
 * The error for a command line that can't be carried out: what is wrong, and what to write instead.
 *
 * @param word - the word of the command line that is wrong
 * @param message - a sentence
 */
export function usageError(word: string, message: string): OptionError {
  return new OptionError(word, message, word)
}

/** Whether an error is one of usage, for the hint to `--help`. */
export function isUsageError(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'AVIO_ERR_OPTION'
}

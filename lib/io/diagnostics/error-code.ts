import { isError } from '../../errors.js'

/**
 * A code for an error, without its message: its own `code`, otherwise its name. Errors of other makes are all called
 * `Error`.
 */
export function errorCodeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  if (typeof code === 'string') return code
  return isError(error) ? error.name : typeof error
}

import { type Middleware, addMiddleware } from './send-once.js'

/**
 * Tells what time it is by the store's clock, which ages must be compared with: this machine's may be wrong.
 *
 * @param command - to be sent
 * @param see - called with the time of the response, in milliseconds since 1970, of whole seconds; with this machine's
 *   time for a response without a date
 */
export function readStoreClock(
  command: Parameters<typeof addMiddleware>[0],
  see: (now: number) => void,
): void {
  const readDate: Middleware = next => async args => {
    const result = await next(args)
    const { response } = result as { response?: { headers?: Record<string, string | undefined> } }
    see(Date.parse(response?.headers?.['date'] ?? '') || Date.now())
    return result
  }
  addMiddleware(command, 'avioDate', { step: 'deserialize', priority: 'low' }, readDate)
}

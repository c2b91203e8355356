/** The uncaught exceptions during `run`, hidden from the test runner. */
export async function uncaught(run: () => Promise<unknown>): Promise<unknown[]> {
  const thrown: unknown[] = []
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', error => thrown.push(error))
  try {
    await run()
    await new Promise<void>(resolve => setImmediate(resolve))
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of before) process.on('uncaughtException', listener)
  }
  return thrown
}

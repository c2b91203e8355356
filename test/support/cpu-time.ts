/** CPU time of this thread, which Node reports since 23.9. */
const ofThread = (process as { threadCpuUsage?: typeof process.cpuUsage }).threadCpuUsage

/**
 * Starts measuring CPU time; returns a function that gives this thread's CPU time since then, in milliseconds.
 *
 * Before Node 23.9 there is only the time of the whole process, which includes V8's threads for compiling and garbage
 * collection. A thread can't use more CPU time than passes on the clock, so the result is the lesser of both: on a busy
 * machine the CPU time, on an idle one the clock.
 */
export function cpuTime(): () => number {
  const began = performance.now()
  const before = ofThread?.call(process) ?? process.cpuUsage()
  return () => {
    const { user, system } = ofThread?.call(process, before) ?? process.cpuUsage(before)
    return Math.min((user + system) / 1000, performance.now() - began)
  }
}

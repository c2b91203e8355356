/** Of this thread alone: Node tells it from 23.9 on. */
const ofThread = (process as { threadCpuUsage?: typeof process.cpuUsage }).threadCpuUsage

/**
 * Starts to measure CPU time; what it returns tells how much this thread has had since, in milliseconds.
 *
 * Before Node 23.9 only that of the whole process is told, in which V8's other threads compile and collect. But a
 * thread has no more of it than time passes, so it is the lesser of the two: on a machine that is busy the first one
 * counts, on one that is idle the second.
 */
export function cpuTime(): () => number {
  const began = performance.now()
  const before = ofThread?.call(process) ?? process.cpuUsage()
  return () => {
    const { user, system } = ofThread?.call(process, before) ?? process.cpuUsage(before)
    return Math.min((user + system) / 1000, performance.now() - began)
  }
}

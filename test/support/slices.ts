/** The longest time that a function blocks the event loop, in milliseconds of the process's CPU time. */
export async function longestSlice(run: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let isOver = false
  let before = process.cpuUsage()
  const look = () => {
    const { user, system } = process.cpuUsage(before)
    before = process.cpuUsage()
    longest = Math.max(longest, (user + system) / 1000)
    if (!isOver) setImmediate(look)
  }
  const watching = new Promise<void>(resolve => {
    setImmediate(() => {
      before = process.cpuUsage()
      setImmediate(look)
      resolve()
    })
  })
  await watching
  try {
    await run()
  } catch {
    // The caller judges how it ends.
  }
  await new Promise(resolve => setImmediate(resolve))
  isOver = true
  return longest
}

/** The minimum of several runs: the first ones include compiling, and collecting earlier garbage. */
export async function leastSlice(run: () => Promise<unknown>, enough: number, runs = 10): Promise<number> {
  let least = Infinity
  for (let n = 0; n < runs && least >= enough; n++) least = Math.min(least, await longestSlice(run))
  return least
}

/** The longest time, in milliseconds of the process's CPU, that something keeps the event loop from others. */
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
    // How it ends is for others to judge.
  }
  await new Promise(resolve => setImmediate(resolve))
  isOver = true
  return longest
}

/** The same as the least of some runs: the first ones compile, and collect what others have left. */
export async function leastSlice(run: () => Promise<unknown>, enough: number, runs = 10): Promise<number> {
  let least = Infinity
  for (let n = 0; n < runs && least >= enough; n++) least = Math.min(least, await longestSlice(run))
  return least
}

/**
 * How many cells are played side by side: at first, then those with a problem, then those that still have it. A machine
 * that is busy with the others may spoil a play; a cell that fails each time is at fault itself.
 */
export const SIDE_BY_SIDE = [6, 2, 1] as const

/**
 * Plays each cell, then replays those with a problem, fewer at a time.
 *
 * @param rounds - how many side by side, for each round
 * @param play - plays a cell in a numbered seat; resolves with whether the cell is finished
 */
export async function inRounds<Cell>(
  cells: readonly Cell[],
  rounds: readonly number[],
  play: (cell: Cell, seat: number, isLast: boolean) => Promise<boolean>,
): Promise<void> {
  let left = cells
  for (const [round, sideBySide] of rounds.entries()) {
    const again: Cell[] = []
    const waiting = [...left]
    const take = async (seat: number) => {
      for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
        if (!(await play(cell, seat, round === rounds.length - 1))) again.push(cell)
      }
    }
    await Promise.all(Array.from({ length: Math.min(sideBySide, left.length) }, (_, seat) => take(seat)))
    left = again
  }
}

/** The time limit has passed. */
export class TimeIsOver extends Error {}

/** Settles as the promise does, or rejects with {@link TimeIsOver} after the limit. The work itself continues. */
export async function within<T>(seconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new TimeIsOver(`not over after ${Math.round(seconds)} s`)),
      seconds * 1000,
    )
  })
  try {
    return await Promise.race([promise, over])
  } finally {
    clearTimeout(timer)
  }
}

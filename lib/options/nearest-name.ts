/** A longer name is no typing error, and costs time. */
const MAX_LENGTH = 64

/**
 * Finds the known name closest to a misspelt one: equal except for case, or with at most one edit per three letters.
 * `undefined` if none is that close. The one rule for options, fields of a job, options of the command, its
 * subcommands, and ffmpeg's own names.
 */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const given = name.toLowerCase()
  if (given === '' || given.length > MAX_LENGTH || names.includes(name)) return undefined
  let found: string | undefined
  let least = Math.max(1, Math.floor(given.length / 3)) + 1
  for (const other of names) {
    const candidate = other.toLowerCase()
    if (Math.abs(candidate.length - given.length) >= least) continue
    const far = distance(given, candidate)
    if (far < least) [least, found] = [far, other]
  }
  return found
}

/** The number of letters to insert, delete, replace, or swap with the next, to turn one name into the other. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1))
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwapped) least = Math.min(least, before[j - 2]! + 1)
      row.push(least)
    }
    before = last
    last = row
  }
  return last[b.length]!
}

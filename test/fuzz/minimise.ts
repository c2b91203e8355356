/**
 * A part of `input` that still satisfies `isFind`, made by removing ever smaller pieces (delta debugging), within a
 * bounded number of attempts.
 */
export async function minimised(
  input: Buffer,
  isFind: (candidate: Buffer) => Promise<boolean>,
  maxTries: number,
): Promise<Buffer> {
  let least = input
  let tries = 0
  for (let size = Math.ceil(least.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < least.length && tries < maxTries;) {
      const candidate = Buffer.concat([least.subarray(0, at), least.subarray(at + size)])
      tries++
      if (await isFind(candidate)) least = candidate
      else at += size
    }
  }
  return least
}

/** Seconds between key frames in a package: the longest interval of at most two that divides a segment evenly. */
export function keySecondsFor(targetDuration: number): number {
  return targetDuration / Math.ceil(targetDuration / 2)
}

/** A stream of numbers from 0 to 1 that is the same on every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A copy of `bytes` with a few bytes between `start` and `end` changed, to random or extreme values. */
export function damaged(
  bytes: Buffer,
  [start, end]: readonly [number, number],
  random: () => number,
): Buffer {
  const copy = Buffer.from(bytes)
  const changes = 1 + Math.floor(random() * 4)
  for (let n = 0; n < changes; n++) {
    const at = start + Math.floor(random() * (end - start))
    copy[at] = random() < 0.5 ? Math.floor(random() * 256) : random() < 0.5 ? 0xff : 0
  }
  return copy
}

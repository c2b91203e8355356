import type { RandomAccess } from './random-access.js'

/** The bytes from `start` (inclusive) to `end` (exclusive) in one piece. For few of them: they are held and copied. */
export async function readExactly(
  source: RandomAccess,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of source.read(start, end, signal)) chunks.push(chunk)
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

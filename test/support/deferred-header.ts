import type { DeferredHeaderBuilder } from '../../lib/io/pipeline/deferred-header-builder.js'

/** The file that an assembly makes from a stream in chunks of `size` bytes. */
export function assemble(
  assembly: DeferredHeaderBuilder,
  stream: Buffer,
  { size = stream.length, length }: { size?: number; length?: number } = {},
): Buffer {
  const behind: Buffer[] = []
  for (let at = 0; at < stream.length; at += size) {
    behind.push(...assembly.write(stream.subarray(at, at + size)))
  }
  behind.push(...assembly.end())
  return Buffer.concat([assembly.head(length), ...behind])
}

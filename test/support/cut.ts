import { ContainerWatch, type Shortfall } from '../../lib/containers/container-watch.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'

/** The shortfall of an input read by pipe, in chunks of `size` bytes. */
export async function missingByPipe(
  bytes: Buffer,
  { size = 1000, format }: { size?: number; format?: string } = {},
): Promise<Shortfall | undefined> {
  const watch = new ContainerWatch(format)
  for (let at = 0; at < bytes.length; at += size) watch.see(at, bytes.subarray(at, at + size))
  return watch.finish()
}

/** The shortfall of an input read by range; `seen`: ffmpeg has read all of it. */
export async function missingByRange(bytes: Buffer, seen = true): Promise<Shortfall | undefined> {
  const watch = new ContainerWatch(undefined, bytes.length)
  for (let at = 0; seen && at < bytes.length; at += 4096) watch.see(at, bytes.subarray(at, at + 4096))
  return watch.finish(new BytesSource({ bytes }))
}

/** The shortfall by pipe and by range; throws if they differ. */
export async function missing(bytes: Buffer): Promise<string | undefined> {
  const ways = [
    await missingByPipe(bytes),
    await missingByRange(bytes),
    await missingByPipe(bytes, { size: 7 }),
  ]
  const [reason, ...others] = ways.map(found => found && `${found.container}: ${found.reason}`)
  if (others.some(other => other !== reason)) throw new Error(`by pipe ${reason}, else ${others.join(', ')}`)
  return reason
}

/** Ten positions within `bytes`, and that of the last byte. */
export function tenPlaces({ length }: Buffer): number[] {
  return [...Array.from({ length: 10 }, (_, n) => Math.floor((length * (n + 0.5)) / 10)), length - 1]
}

/** A chunk of RIFF (`le`) or IFF (`be`). */
export function chunk(id: string, body: Buffer, size = body.length, endian: 'le' | 'be' = 'le'): Buffer {
  const header = Buffer.from(`${id}\0\0\0\0`, 'latin1')
  if (endian === 'le') header.writeUInt32LE(size >>> 0, 4)
  else header.writeUInt32BE(size >>> 0, 4)
  return Buffer.concat([header, body, Buffer.alloc(body.length % 2)])
}

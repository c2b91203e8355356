import { ContainerWatch, type Shortfall } from '../../lib/containers/container-watch.js'
import { BytesSource } from '../../lib/io/sources/bytes-source.js'

/** What is missing in an input that comes by pipe, in chunks of `size` bytes. */
export async function missingByPipe(
  bytes: Buffer,
  { size = 1000, format }: { size?: number; format?: string } = {},
): Promise<Shortfall | undefined> {
  const watch = new ContainerWatch(format)
  for (let at = 0; at < bytes.length; at += size) watch.see(at, bytes.subarray(at, at + size))
  return watch.finish()
}

/** What is missing in an input that is read by address: `seen` says whether ffmpeg has read it from end to end. */
export async function missingByAddress(bytes: Buffer, seen = true): Promise<Shortfall | undefined> {
  const watch = new ContainerWatch(undefined, bytes.length)
  for (let at = 0; seen && at < bytes.length; at += 4096) watch.see(at, bytes.subarray(at, at + 4096))
  return watch.finish(new BytesSource({ bytes }))
}

/** The same both ways: `undefined` where both find nothing, and an error of the test where they do not agree. */
export async function missing(bytes: Buffer): Promise<string | undefined> {
  const ways = [
    await missingByPipe(bytes),
    await missingByAddress(bytes),
    await missingByPipe(bytes, { size: 7 }),
  ]
  const [reason, ...others] = ways.map(found => found && `${found.container}: ${found.reason}`)
  if (others.some(other => other !== reason)) throw new Error(`by pipe ${reason}, else ${others.join(', ')}`)
  return reason
}

/** Ten places within `bytes`, and the last but one byte. */
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

import { ffprobeJson } from './media.js'

/** A key packet as ffprobe shows it. */
export interface KeyPacket {
  time: number
  offset: number
  size: number
}

/** The key packets of a stream (`v:0`), in the order of time. */
export async function keyPackets(bytes: Uint8Array, stream = 'v:0'): Promise<KeyPacket[]> {
  const entries = 'packet=pts_time,pos,size,flags'
  const args = ['-select_streams', stream, '-show_entries', entries]
  const { packets } = await ffprobeJson<{
    packets: { pts_time: string; pos: string; size: string; flags: string }[]
  }>(bytes, args)
  return packets
    .filter(({ flags }) => flags.startsWith('K'))
    .map(({ pts_time, pos, size }) => ({ time: Number(pts_time), offset: Number(pos), size: Number(size) }))
    .sort((a, b) => a.time - b.time)
}

/** Times as ffprobe prints them: to a microsecond. */
export function rounded<T extends { readonly time: number }>(frames: readonly T[]): T[] {
  return frames.map(frame => ({ ...frame, time: Math.round(frame.time * 1e6) / 1e6 }))
}
